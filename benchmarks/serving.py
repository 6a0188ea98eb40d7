"""Recommendations over HTTP: the peak rate, and the latency at half of it."""

import random
import statistics
from collections.abc import Callable, Sequence
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
_WARM_UP = 20.0
_SECONDS = 6.0
_CONNECTIONS = (8, 32)
_REQUESTS = 50_000


class Asked(NamedTuple):
    """What is asked for, and the goal in requests/s."""

    explain: bool
    anew: bool
    """Each request leaves out another movie, which there is not, so that no list can have been kept."""
    goal: float | None

    def __str__(self) -> str:
        how = "explained" if self.explain else "without reasons"
        return f"recommendations, k=10, {how}" + (", each computed anew" if self.anew else "")


OURS = (
    Asked(explain=True, anew=False, goal=2000.0),
    Asked(explain=False, anew=False, goal=4000.0),
    Asked(explain=True, anew=True, goal=None),
    Asked(explain=False, anew=True, goal=None),
)
THEIRS = (Asked(explain=True, anew=False, goal=None), Asked(explain=False, anew=False, goal=None))


class Served(NamedTuple):
    """One server's figures: requests/s at the peak; milliseconds at half of it; the generator's share."""

    peak: float
    p50: float
    p99: float
    cores: float
    """How many cores the load generator took at the peak."""


def run(context: Context) -> list[Result]:
    """With reasons and without, as kept and anew, beside the usual service, which keeps nothing."""
    ours, theirs = [], []
    for _ in range(context.some(_ROUNDS)):  # in turn, so that a busy moment of the machine hits both
        ours.append(_serve(context, context.matinee, OURS))
        theirs.append(_serve(context, context.usual, THEIRS))
    rivals = {asked.explain: served for asked, served in zip(THEIRS, _medians(theirs), strict=True)}
    return [
        result
        for asked, served in zip(OURS, _medians(ours), strict=True)
        for result in _results(context, asked, served, rivals[asked.explain])
    ]


def _results(context: Context, asked: Asked, ours: Served, theirs: Served) -> list[Result]:
    note = (
        f"{asked}: {context.workers} workers each, warmed up for {_WARM_UP:.0f} s; users drawn uniformly "
        f"from all; the load generator took {ours.cores:.2f} cores beside ours and {theirs.cores:.2f} beside "
        f"the rival; half load is {ours.peak / 2:,.0f} requests/s for ours and {theirs.peak / 2:,.0f} for "
        "the rival, with Poisson arrivals, each latency from when its request was due"
    )
    if not asked.anew:
        note += "; a list is kept until an event of its user, news of a movie or another model changes it"
    rows = (
        ("peak", "requests/s", asked.goal, ours.peak, theirs.peak),
        ("p50 at half load", "ms", None, ours.p50, theirs.p50),
        ("p99 at half load", "ms", 10.0, ours.p99, theirs.p99),
    )
    return [
        Result(
            figure=f"{asked}: {name}",
            value=value,
            unit=unit,
            goal=goal,
            rival=RIVAL + (" and its explain()" if asked.explain else ""),
            rival_value=rival_value,
            data=context.data,
            command="make bench ARGS=serving",
            note=note,
        )
        for name, unit, goal, value, rival_value in rows
    ]


def _serve(
    context: Context, start: Callable[[], AbstractContextManager[Server]], every: Sequence[Asked]
) -> list[Served]:
    with start() as server:
        warm_up = Plan(
            server.port, _requests(context, server, every[-1]), 8, seconds=_WARM_UP * context.share
        )
        load.run(warm_up)
        return [_measure(context, server, asked) for asked in every]


def _measure(context: Context, server: Server, asked: Asked) -> Served:
    _check(context, server, asked)
    seconds = max(_SECONDS * context.share, 1.0)
    plan = Plan(server.port, _requests(context, server, asked), 8, seconds=seconds)
    load.run(plan)  # fills what is kept; not counted
    peaks = [load.run(plan._replace(connections=connections)) for connections in _CONNECTIONS]
    peak = max(peaks, key=lambda outcome: outcome.rate)
    half = load.run(plan._replace(connections=max(_CONNECTIONS), rate=peak.rate / 2))
    return Served(peak.rate, half.milliseconds(50), half.milliseconds(99), peak.cpu / peak.seconds)


def _requests(context: Context, server: Server, asked: Asked) -> list[bytes]:
    """GETs of random users' recommendations."""
    users = random.Random(1).choices(context.users, k=_REQUESTS)
    extra = "&exclude=none-{}" if asked.anew else ""
    return [
        get(path(server, user, explain=asked.explain) + extra.format(number))
        for number, user in enumerate(users)
    ]


def path(server: Server, user: str, *, explain: bool = False) -> str:
    """Where this user's ten recommendations are."""
    return f"{server.prefix}/users/{user}/recommendations?k=10&explain={str(explain).lower()}"


def _check(context: Context, server: Server, asked: Asked) -> None:
    """Look at real answers before believing a rate."""
    with Client(server.port) as client:
        for user in random.Random(2).sample(context.users, 20):
            answer = client.send(get(path(server, user, explain=asked.explain))).json()
            listed = answer["recommendations"]
            explained = [bool(each.get("reasons")) for each in listed]
            if (
                answer["kind"] != "personal"
                or len(listed) != 10
                or any(each != asked.explain for each in explained)
            ):
                raise BenchmarkError(f"{server.name} gave user {user} no proper answer: {answer}")


def _medians(rounds: list[list[Served]]) -> list[Served]:
    """For everything asked, the median of each figure over the rounds."""
    return [
        Served(*(statistics.median(each) for each in zip(*same, strict=True)))
        for same in zip(*rounds, strict=True)
    ]
