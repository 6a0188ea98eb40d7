"""From the acknowledgement of a like to a recommendation that has it, over HTTP, while others send events.

A trial likes the film at the top of a user's list. The clock runs from the moment the acknowledgement has
arrived until a list has arrived that is as fresh as the like's offset and no longer has the film in it.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks import events
from benchmarks.context import RIVAL, Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get, post
from benchmarks.load import Generator, Outcome, Plan
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.serving import path
from matinee.log.base import Position

_TRIALS = 2_000
_RATE = 200.0
_LONGEST = 600
RIVALS_TRIALS = 20
_RIVALS_PATIENCE = 10.0
_GIVE_UP = 10.0


class Trial(NamedTuple):
    """One like: milliseconds until a list had it, lists asked for, whether the other films moved as well."""

    milliseconds: float
    asked: int
    moved: bool


class Trials(NamedTuple):
    """What came of all of them, with the events that others sent meanwhile."""

    trials: list[Trial]
    background: Outcome


class Goals(NamedTuple):
    """Milliseconds that half of the trials, and 99 of 100, may take."""

    p50: float
    p99: float


def run(context: Context) -> list[Result]:
    """With the embedded log."""
    watched, _ = split_users(context)
    rival = usual(context, watched[:RIVALS_TRIALS])
    with context.matinee() as server:
        return measure(context, server, rival, Goals(2.0, 10.0), "freshness")


def split_users(context: Context) -> tuple[list[str], list[str]]:
    """Those whose lists are watched, and those who send events meanwhile."""
    users = random.Random(3).sample(context.users, len(context.users))
    return users[: len(users) // 2], users[len(users) // 2 :]


def measure(context: Context, server: Server, rival: str, goals: Goals, name: str) -> list[Result]:
    """With `after=OFFSET`, which waits for the like, and without, beside what the usual service did."""
    watched, others = split_users(context)
    waiting = _trials(context, server, watched, others, with_after=True)
    plain = _trials(context, server, watched, others, with_after=False)
    return [
        *_results(context, waiting, rival, goals, f"make bench ARGS={name}", " with after"),
        *_results(context, plain, rival, goals, f"make bench ARGS={name}", ""),
    ]


def _results(
    context: Context, measured: Trials, rival: str, goals: Goals, command: str, how: str
) -> list[Result]:
    milliseconds = [trial.milliseconds for trial in measured.trials]
    moved = np.mean([trial.moved for trial in measured.trials])
    asked = np.mean([trial.asked for trial in measured.trials])
    note = (
        f"GET{how}: {len(milliseconds):,} trials, {context.workers} workers, the like and the list on two "
        f"connections; {measured.background.rate:,.0f} events/s of other users meanwhile, acknowledged in "
        f"{measured.background.milliseconds(50):.1f} ms at p50; lists asked for per trial: {asked:.3f}; in "
        f"{moved:.0%} of the trials the rest of the list changed too"
    )
    rows = (
        ("p50", goals.p50, np.percentile(milliseconds, 50)),
        ("p99", goals.p99, np.percentile(milliseconds, 99)),
        ("longest", None, max(milliseconds)),
    )
    return [
        Result(
            figure=f"event acknowledged → recommendation has it, GET{how}: {name}",
            value=float(value),
            unit="ms",
            goal=goal,
            rival=RIVAL,
            rival_value=rival,
            data=context.data,
            command=command,
            note=note,
        )
        for name, goal, value in rows
    ]


def _trials(
    context: Context, server: Server, users: Sequence[str], others: Sequence[str], *, with_after: bool
) -> Trials:
    number = context.some(_TRIALS)
    with (
        Client(server.port) as writer,
        Client(server.port) as reader,
        Generator(_background(context, server, others)) as generator,
    ):
        chosen = (users[place % len(users)] for place in range(number))
        trials = [_trial(server, writer, reader, user, with_after=with_after) for user in chosen]
        background = generator.stop()
    if number == _TRIALS and background.rate < 0.95 * _RATE:
        raise BenchmarkError(f"only {background.rate:.0f} events/s in the background, not {_RATE:.0f}")
    return Trials(trials, background)


def _background(context: Context, server: Server, users: Sequence[str]) -> Plan:
    random_ = random.Random(4)
    likes = (
        post(f"{server.prefix}/events", events.like(random_.choice(users), random_.choice(context.movies)))
        for _ in range(int(_RATE * _LONGEST))
    )
    return Plan(server.port, list(likes), connections=8, rate=_RATE)


def _trial(server: Server, writer: Client, reader: Client, user: str, *, with_after: bool) -> Trial:
    list_ = path(server, user)
    before = _movies(reader.send(get(list_)).json())
    receipt = writer.send(post(f"{server.prefix}/events", events.like(user, before[0]))).json()
    acknowledged = time.perf_counter()
    if receipt["accepted"] != 1:
        raise BenchmarkError(f"a like was not accepted: {receipt}")
    offset = Position.parse(receipt["offset"])
    request = get(f"{list_}&after={offset}" if with_after else list_)
    asked = 0
    while True:
        answer = reader.send(request).json()
        now = time.perf_counter()
        asked += 1
        if Position.parse(answer["offset"]).reaches(offset):
            break
        if with_after or now - acknowledged > _GIVE_UP:
            raise BenchmarkError(f"a list at {answer['offset']} does not have the like at {offset}")
    movies = _movies(answer)
    if before[0] in movies:
        raise BenchmarkError(f"{user}'s list at {answer['offset']} still has {before[0]}, liked at {offset}")
    return Trial((now - acknowledged) * 1e3, asked, movies[: len(before) - 1] != before[1:])


def _movies(answer: dict[str, Any]) -> list[str]:
    return [each["movie"] for each in answer["recommendations"]]


def usual(context: Context, users: Sequence[str]) -> str:
    """The same likes, by these users, sent to the usual service, and what its lists did, in words."""
    with context.usual() as server, Client(server.port) as client:

        def lists() -> list[list[str]]:
            return [_movies(client.send(get(path(server, user))).json()) for user in users]

        before = lists()
        for user, movies in zip(users, before, strict=True):
            client.send(post(f"{server.prefix}/events", b"[" + events.like(user, movies[0]) + b"]")).json()
        return _await_change(before, lists)


def _await_change(before: list[list[str]], lists: Callable[[], list[list[str]]]) -> str:
    begin = time.perf_counter()
    while (passed := time.perf_counter() - begin) < _RIVALS_PATIENCE:
        changed = sum(old != new for old, new in zip(before, lists(), strict=True))
        if changed:
            return f"{changed} of {len(before)} changed within {passed:.1f} s"
        time.sleep(0.1)
    return f"unchanged after {_RIVALS_PATIENCE:.0f} s"
