"""Recommendations over HTTP: the peak rate, and the latency at half of it."""

import random
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from benchmarks import load
from benchmarks.context import RIVAL, Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get
from benchmarks.load import Plan
from benchmarks.result import Result
from benchmarks.server import Server

_ROUNDS = 3
_SECONDS = 10.0
_CONNECTIONS = (8, 32)
_USERS = 50_000
_GOALS = {True: 2000.0, False: 4000.0}


class Served(NamedTuple):
    """One server's figures: requests/s at the peak; milliseconds at half of it; the generator's share."""

    peak: float
    p50: float
    p99: float
    cores: float
    """How many cores the load generator took at the peak."""


def run(context: Context) -> list[Result]:
    """With reasons and without, beside the usual service doing the same."""
    return [result for explain in (True, False) for result in _compare(context, explain=explain)]


def _compare(context: Context, *, explain: bool) -> list[Result]:
    ours, theirs = [], []
    for _ in range(context.some(_ROUNDS)):  # in turn, so that a busy moment of the machine hits both
        ours.append(_serve(context, context.matinee, explain=explain))
        theirs.append(_serve(context, context.usual, explain=explain))
    return _results(context, _median(ours), _median(theirs), explain=explain)


def _results(context: Context, ours: Served, theirs: Served, *, explain: bool) -> list[Result]:
    what = "recommendations, k=10, " + ("explained" if explain else "without reasons")
    note = (
        f"{context.workers} workers each; users drawn uniformly from all, so that no cache could help; the "
        f"load generator took {ours.cores:.2f} cores beside ours and {theirs.cores:.2f} beside the rival; "
        f"half load is {ours.peak / 2:,.0f} requests/s for ours and {theirs.peak / 2:,.0f} for the rival, "
        "with Poisson arrivals, each latency from when its request was due"
    )
    rows = (
        ("peak", "requests/s", _GOALS[explain], ours.peak, theirs.peak),
        ("p50 at half load", "ms", None, ours.p50, theirs.p50),
        ("p99 at half load", "ms", 10.0, ours.p99, theirs.p99),
    )
    return [
        Result(
            figure=f"{what}: {name}",
            value=value,
            unit=unit,
            goal=goal,
            rival=RIVAL + (" and its explain()" if explain else ""),
            rival_value=rival_value,
            data=context.data,
            command="make bench ARGS=serving",
            note=note,
        )
        for name, unit, goal, value, rival_value in rows
    ]


def _serve(context: Context, start: Callable[[], AbstractContextManager[Server]], *, explain: bool) -> Served:
    seconds = max(_SECONDS * context.share, 1.0)
    with start() as server:
        _check(context, server, explain=explain)
        plan = Plan(server.port, requests(context, server, explain=explain), 8, seconds=seconds)
        load.run(plan._replace(seconds=seconds / 4))  # warms up; not counted
        peaks = [load.run(plan._replace(connections=connections)) for connections in _CONNECTIONS]
        peak = max(peaks, key=lambda outcome: outcome.rate)
        half = load.run(plan._replace(connections=max(_CONNECTIONS), rate=peak.rate / 2))
    return Served(peak.rate, half.milliseconds(50), half.milliseconds(99), peak.cpu / peak.seconds)


def requests(context: Context, server: Server, *, explain: bool) -> list[bytes]:
    """GETs of random users' recommendations."""
    return [
        get(path(server, user, explain=explain)) for user in random.Random(1).choices(context.users, k=_USERS)
    ]


def path(server: Server, user: str, *, explain: bool = False) -> str:
    """Where this user's ten recommendations are."""
    return f"{server.prefix}/users/{user}/recommendations?k=10&explain={str(explain).lower()}"


def _check(context: Context, server: Server, *, explain: bool) -> None:
    """Look at real answers before believing a rate."""
    with Client(server.port) as client:
        for user in random.Random(2).sample(context.users, 20):
            answer = client.send(get(path(server, user, explain=explain))).json()
            listed = answer["recommendations"]
            explained = [bool(each.get("reasons")) for each in listed]
            if (
                answer["kind"] != "personal"
                or len(listed) != 10
                or any(each != explain for each in explained)
            ):
                raise BenchmarkError(f"{server.name} gave user {user} no proper answer: {answer}")


def _median(rounds: list[Served]) -> Served:
    return Served(*(statistics.median(each) for each in zip(*rounds, strict=True)))
