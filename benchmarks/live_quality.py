"""What it costs to judge recommendations by what users do next: serving and ingest, with it and without."""

import itertools
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from benchmarks import events, load
from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get, post
from benchmarks.load import Generator, Plan
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.serving import path

_ROUNDS = 8
_WARM_UP = 20.0
_SECONDS = 10.0
_CONNECTIONS = 32
_BESIDE = 200.0
"""Events a second while lists are asked for."""
_EVENTS = 400_000
"""Ingested in each round."""
_BATCH = 1_000
_WITHOUT = "the same with MATINEE_JUDGE_SHARE=0"
_encode = msgspec.json.Encoder().encode
Outcomes = dict[str, int]


class Pair(NamedTuple):
    """Two servers on homes alike: one that judges, as by default, and one that does not."""

    judging: Server
    silent: Server


class Compared(NamedTuple):
    """Rates of both in each round, and what became of the events where they were judged."""

    judging: list[float]
    silent: list[float]
    outcomes: Outcomes

    @property
    def cost(self) -> float:
        """The percentage of the rate that judging takes: the median of the rounds."""
        rounds = zip(self.judging, self.silent, strict=True)
        return 100 * statistics.median(1 - judging / silent for judging, silent in rounds)


def run(context: Context) -> list[Result]:
    """The peak rate of recommendations with events beside it, and the rate of ingest of live events."""
    with context.matinee() as judging, context.matinee(judge_share=0) as silent:
        pair = Pair(judging, silent)
        lists = _lists(context, pair)
        ingest = _ingest(context, pair)
    asked = f"recommendations, k=10, without reasons, {_BESIDE:.0f} likes/s beside"
    taken = f"durable ingest over HTTP of live events, batches of {_BATCH:,} as NDJSON"
    return [
        *_results(context, f"{asked}: peak", "requests/s", lists),
        *_results(context, f"{taken}: events acknowledged", "events/s", ingest),
    ]


def _results(context: Context, figure: str, unit: str, compared: Compared) -> list[Result]:
    rounds = len(compared.judging)
    told = ", ".join(f"{name} {number:,}" for name, number in compared.outcomes.items())
    note = (
        f"{figure.partition(':')[0]}: {context.workers} workers each; the median of {rounds} rounds, in each "
        f"of which both are measured one after the other, in changing order; of the events sent: {told}"
    )
    values = statistics.median(compared.judging), statistics.median(compared.silent)
    rows = (
        (figure, unit, None, *values),
        (f"{figure}: given up for judging", "%", 5.0, compared.cost, "nothing is judged"),
    )
    return [
        Result(
            figure=name,
            value=value,
            unit=unit,
            goal=goal,
            rival=_WITHOUT,
            rival_value=rival_value,
            data=context.data,
            command="make bench ARGS=live_quality",
            note=note,
        )
        for name, unit, goal, value, rival_value in rows
    ]


def _lists(context: Context, pair: Pair) -> Compared:
    users, movies = context.users, context.movies
    chosen = random.Random(3)
    warm_up = [get(path(pair.judging, user)) for user in users]
    for server in pair:
        load.run(Plan(server.port, warm_up, 8, seconds=max(_WARM_UP * context.share, 2.0)))

    def rate(server: Server) -> float:
        asked = [get(path(server, user)) for user in chosen.choices(users, k=20_000)]
        likes = [
            post("/v1/events", events.like(chosen.choice(users), chosen.choice(movies)))
            for _ in range(20_000)
        ]
        with Generator(Plan(server.port, likes, 4, rate=_BESIDE)) as beside:
            plan = Plan(server.port, asked, _CONNECTIONS, seconds=max(_SECONDS * context.share, 1.0))
            peak = load.run(plan).rate
            beside.stop()
        return peak

    return _compared(context, pair, lambda: rate)


def _ingest(context: Context, pair: Pair) -> Compared:
    bodies = _bodies(context, context.some(_EVENTS) // _BATCH)

    def round_() -> Callable[[Server], float]:
        requests = next(bodies)  # the same for both, each of which has a log of its own
        return lambda server: load.run(Plan(server.port, requests, 8)).rate * _BATCH

    return _compared(context, pair, round_)


def _bodies(context: Context, number: int) -> Iterator[Sequence[bytes]]:
    """So many batches for each round, of events that happen when they come: without a time of their own."""
    made = events.mixed(context.users, context.movies, seed=11)
    live = (_encode({name: value for name, value in event.items() if name != "at"}) for event in made)
    while True:
        yield [
            post("/v1/events", b"\n".join(itertools.islice(live, _BATCH)), "application/x-ndjson")
            for _ in range(number)
        ]


def _compared(context: Context, pair: Pair, round_: Callable[[], Callable[[Server], float]]) -> Compared:
    """Both, round by round; the first round fills what is kept and is not counted."""
    before = _outcomes(pair.judging)
    rates: dict[Server, list[float]] = {server: [] for server in pair}
    for number in range(1 + max(context.some(_ROUNDS), 2)):
        rate = round_()
        for server in pair if number % 2 else reversed(pair):
            rates[server].append(rate(server))
    after = _outcomes(pair.judging)
    outcomes = {name: after[name] - before[name] for name in after}
    if not outcomes["judged"] or any(_outcomes(pair.silent).values()):
        raise BenchmarkError(f"judged was {outcomes}, and without judging {_outcomes(pair.silent)}")
    return Compared(rates[pair.judging][1:], rates[pair.silent][1:], outcomes)


def _outcomes(server: Server) -> Outcomes:
    with Client(server.port) as client:
        outcomes: Outcomes = client.send(get("/v1/insights/live-quality")).json()["outcomes"]
    return outcomes
