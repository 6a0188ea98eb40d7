"""The promise: nothing acknowledged is lost, nothing is counted twice, whatever is killed when."""

import random
import subprocess
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest

from matinee.app import open_matinee
from matinee.log.base import Position
from tests import support

ROUNDS = 30
PARTS = ("serve", "stream", "train")
USERS = 40
MOVIES = 30


class Producer(threading.Thread):
    """Posts batches until told to stop; sends each again, ids included, until it is acknowledged."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.number = number
        self.acknowledged: list[str] = []
        self.stop = threading.Event()
        self.refused = ""
        self._random = random.Random(number)

    def run(self) -> None:
        batch = 0
        while not self.stop.is_set():
            batch += 1
            events = [self._event(f"{self.number}-{batch}-{place}") for place in range(20)]
            if self._sent(events):
                self.acknowledged.extend(str(event["id"]) for event in events)

    def _event(self, name: str) -> dict[str, object]:
        user, movie = self._random.randrange(USERS), self._random.randrange(MOVIES)
        return {"type": "rating", "id": name, "user": f"u{user}", "movie": f"m{movie}", "value": 4}

    def _sent(self, events: list[dict[str, object]]) -> bool:
        while not self.stop.is_set():
            try:
                answer = support.HTTP.post(f"{self.url}/v1/events", json=events, timeout=10)
            except httpx.TransportError:
                self.stop.wait(0.02)
                continue
            if answer.status_code == 202:
                self.stop.wait(0.05)
                return True
            if answer.status_code != 503:
                self.refused = f"{answer.status_code}: {answer.text}"
                return False
            self.stop.wait(0.02)
        return False


@pytest.mark.crash
def test_every_acknowledged_event_is_in_the_log_the_lake_and_the_live_state_once(tmp_path: Path):
    chance = random.Random(20)
    port = support.free_port()
    url = f"http://127.0.0.1:{port}"
    commands = {"serve": ("serve", "--port", str(port)), "stream": ("stream",), "train": ("train",)}
    _load_movies(tmp_path)
    processes = {part: support.start(tmp_path, *commands[part]) for part in PARTS}
    producers = [Producer(url, number) for number in range(2)]
    for producer in producers:
        producer.start()
    try:
        kills = 0
        while kills < ROUNDS:
            part = chance.choice(PARTS)
            process = processes[part]
            try:
                process.wait(chance.uniform(0, 3))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
            processes[part] = support.start(tmp_path, *commands[part])
        support.await_until(lambda: support.is_ready(url), "the API is ready again")
        support.await_until(lambda: sum(len(each.acknowledged) for each in producers) > 1000, "1,000 events")
    finally:
        for producer in producers:
            producer.stop.set()
        for producer in producers:
            producer.join()
        for process in processes.values():
            process.kill()
            process.wait()
    acknowledged = [name for producer in producers for name in producer.acknowledged]
    assert [producer.refused for producer in producers] == ["", ""]
    _check(tmp_path, set(acknowledged))


def _load_movies(home: Path) -> None:
    folder = home / "movielens"
    folder.mkdir()
    movies = "".join(f"{n},Movie {n} (1999),Comedy|Drama\n" for n in range(MOVIES))
    (folder / "movies.csv").write_text(f"movieId,title,genres\n{movies}")
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,964982703\n")
    support.run(home, "data", "load", str(folder))


def _check(home: Path, acknowledged: set[str]) -> None:
    support.run(home, "stream", "--once")
    support.run(home, "train")  # on a busy machine every one before may have been killed
    with open_matinee(home) as app:
        entries = app.log.read(Position(), 10**9).entries
        in_log = Counter(entry.id for entry in entries)
        rows = app.lake.read("events")
        live = app.live()
        assert not [name for name, times in in_log.items() if times != 1]
        assert acknowledged <= in_log.keys()
        assert Counter(rows["id"]) == {e.id: 1 for e in entries if e.topic != "movies"}
        assert len(app.lake.read("interactions")) == len(rows)
        in_live = {user: len(history) for user, history in live.users.items()}
        assert in_live == dict(Counter(rows["user"]))
        versions = [info.version for info in app.registry.versions()]
        assert versions
        for version in versions:
            app.registry.load(version)
