"""kill -9, under load, many times over: at last the lake is what one quiet run makes of the log."""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matinee.lake.delta import Lake
from matinee.log.base import Position
from matinee.log.sqlite import SqliteLog
from matinee.stream.local import LocalStream
from tests.lake.contract import environment
from tests.stream import given as draw
from tests.stream.lakes import content

# Commits to await before a kill, and seconds from there to the kill.
_CHANCE = random.Random(7)
ROUNDS = [(_CHANCE.choice([0, 0, 1, 2]), _CHANCE.uniform(0, 0.15)) for _ in range(12)]


def event(number: int) -> dict[str, Any] | bytes:
    chance = random.Random(number)
    user, movie, at = f"u{chance.randrange(20)}", f"m{chance.randrange(9)}", draw.NOON.isoformat()
    kind = chance.choices(("like", "movie", "erase", "bad"), (80, 8, 2, 10))[0]
    if kind == "bad":
        return b"broken %d" % number
    if kind == "movie":
        return {"type": kind, "movie": movie, "at": at, "facts": {"title": f"t{number}", "votes": number}}
    return {"type": kind, "user": user, "at": at} | ({"movie": movie} if kind == "like" else {})


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(f"sqlite://{tmp_path}/log.db")
    yield log
    log.close()


@pytest.mark.crash
def test_killed_at_any_moment_each_entry_counts_once(tmp_path: Path, log: SqliteLog):
    lake, done = Lake(f"file://{tmp_path}/lake"), threading.Event()

    def load() -> None:
        number = 0
        while not done.wait(0.01):
            log.append([draw.record_of(event(n), f"id-{n}") for n in range(number, number + 20)])
            number += 20

    loading = threading.Thread(target=load)
    loading.start()
    try:
        for commits, seconds in ROUNDS:
            kill_after(commits, seconds, f"sqlite://{tmp_path}/log.db", lake.url)
    finally:
        done.set()
        loading.join()
    LocalStream(log, lake).drain()
    whole = Lake(f"file://{tmp_path}/whole")
    LocalStream(log, whole).drain()
    assert lake.committed("events") == log.end()
    assert content(lake) == content(whole)
    assert lake.read("events")["offset"].sort().to_list() == lasting_likes(log)


def lasting_likes(log: SqliteLog) -> list[int]:
    """The offsets of the likes that no later erasure reaches, as the log tells them."""
    lasting: dict[int, str] = {}
    for entry in log.read(Position(), sys.maxsize).entries:
        if b'"erase"' in entry.value:
            lasting = {offset: user for offset, user in lasting.items() if user != entry.key}
        elif b'"like"' in entry.value:
            lasting[entry.offset] = entry.key
    return list(lasting)


def kill_after(commits: int, seconds: float, *urls: str) -> None:
    command = [sys.executable, "-m", "tests.stream.follower", *urls, "150"]
    follower = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
    assert follower.stdout
    with follower, follower.stdout:
        for _ in range(commits):
            assert follower.stdout.readline()
        if commits:
            threading.Event().wait(seconds)  # a moment of chance: nothing is awaited
        else:
            threading.Event().wait(0.4 + 4 * seconds)  # while it starts, which prints nothing
        follower.send_signal(signal.SIGKILL)
