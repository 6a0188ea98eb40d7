"""Durable ingest over HTTP: events acknowledged a second, and each there exactly once."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from benchmarks import events, load
from benchmarks.context import RIVAL, Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get, post
from benchmarks.load import Outcome, Plan
from benchmarks.result import Result
from benchmarks.server import Server
from matinee.log import open_log
from matinee.log.base import Log, Position

_EVENTS = 1_000_000
BATCH = 1_000
CONNECTIONS = 8
_WITNESSES = tuple(f"witness-{number}" for number in range(5))
_TIMES_SEEN = 40
_encode = msgspec.json.Encoder().encode


class Batch(NamedTuple):
    """Events of one request, and their ids."""

    events: list[bytes]
    ids: list[str]

    def lines(self) -> bytes:
        """As NDJSON."""
        return b"\n".join(self.events)

    def array(self) -> bytes:
        """As a JSON array."""
        return b"[" + b",".join(self.events) + b"]"


class Sent(NamedTuple):
    """Batches, and the movies of each witness: a user whose history is compared at the end."""

    batches: list[Batch]
    witnessed: dict[str, list[str]]

    def lines(self, path: str) -> list[bytes]:
        """Requests with a batch each, as NDJSON."""
        return [post(path, each.lines(), "application/x-ndjson") for each in self.batches]

    def arrays(self, path: str) -> list[bytes]:
        """Requests with a batch each, as JSON arrays."""
        return [post(path, each.array()) for each in self.batches]


def run(context: Context) -> list[Result]:
    """NDJSON and JSON arrays, beside the usual service taking the same arrays."""
    sent = make(context)
    with context.usual() as server:
        theirs = load.run(Plan(server.port, sent.arrays("/events"), CONNECTIONS))
        _count_lines(server, sent)
    outcomes = []
    for requests in (sent.lines("/v1/events"), sent.arrays("/v1/events")):
        with context.matinee() as server:
            outcomes.append(ingest(server, f"sqlite://{server.home}/log.db", sent, requests))
    lines, array = outcomes
    return [*_results(context, lines, theirs, "NDJSON"), *_results(context, array, theirs, "JSON arrays")]


def _results(context: Context, ours: Outcome, theirs: Outcome, form: str) -> list[Result]:
    rate, rivals_rate = ours.rate * BATCH, theirs.rate * BATCH
    note = (
        f"{len(ours.latencies) * BATCH:,} events over {CONNECTIONS} connections to {context.workers} "
        "workers, onto a home with the data loaded and a model serving; afterwards every event was found in "
        "the log exactly once, and the histories of five users were as sent; the rival appends the array to "
        "a file and syncs it, knows no duplicates, and changes no recommendation by it"
    )
    rows = (
        ("events acknowledged", "events/s", 100_000.0, rate, rivals_rate),
        ("p99 of a batch", "ms", None, ours.milliseconds(99), theirs.milliseconds(99)),
    )
    return [
        Result(
            figure=f"durable ingest over HTTP, batches of {BATCH:,} as {form}: {name}",
            value=value,
            unit=unit,
            goal=goal,
            rival=f"{RIVAL}, JSON arrays to a synced file",
            rival_value=rival_value,
            data=f"random views, likes and ratings over the users and movies of {context.data}",
            command="make bench ARGS=ingest",
            note=note,
        )
        for name, unit, goal, value, rival_value in rows
    ]


def make(context: Context) -> Sent:
    """Batches of random events; now and then one of a witness, whose movies are remembered in order."""
    number = context.some(_EVENTS) // BATCH
    batches, witnessed = [], dict[str, list[str]]()
    witnesses = itertools.cycle(_WITNESSES)
    every = max(number // (_TIMES_SEEN * len(_WITNESSES)), 1)
    for place, batch in enumerate(_random(context, number, seed=5)):
        if place % every == 0:
            batch[0]["user"] = witness = next(witnesses)
            witnessed.setdefault(witness, []).append(str(batch[0]["movie"]))
        batches.append(_batch(batch))
    return Sent(batches, witnessed)


def warm_up(context: Context, number: int) -> Sent:
    """So many batches of random events, of which none is of a witness."""
    return Sent([_batch(batch) for batch in _random(context, number, seed=7)], {})


def _random(context: Context, number: int, seed: int) -> Iterator[list[dict[str, object]]]:
    made = events.mixed(context.users, context.movies, seed=seed)
    return (list(itertools.islice(made, BATCH)) for _ in range(number))


def _batch(made: Sequence[dict[str, object]]) -> Batch:
    return Batch([_encode(event) for event in made], [str(event["id"]) for event in made])


def ingest(
    server: Server, log_url: str, sent: Sent, requests: Sequence[bytes], connections: int = CONNECTIONS
) -> Outcome:
    """Send all requests. Raises BenchmarkError unless log and histories then have what was sent, once."""
    log = open_log(log_url)
    try:
        before = log.end()
        outcome = load.run(Plan(server.port, requests, connections))
        _check_log(log, before, itertools.chain.from_iterable(batch.ids for batch in sent.batches))
    finally:
        log.close()
    _check_histories(server, sent.witnessed)
    return outcome


def _check_log(log: Log, after: Position, ids: Iterable[str]) -> None:
    """Raise BenchmarkError unless the log holds, behind `after`, these ids and no others, each once."""
    found: Counter[str] = Counter()
    while (batch := log.read(after, 10_000)).entries:
        found.update(entry.id for entry in batch.entries)
        after = batch.position
    expected = set(ids)
    if found.keys() != expected or found.total() != len(expected):
        missing = len(expected - found.keys())
        raise BenchmarkError(
            f"{found.total():,} events in the log, {len(expected):,} sent, {missing:,} missing"
        )


def _check_histories(server: Server, witnessed: dict[str, list[str]]) -> None:
    """Raise BenchmarkError unless every witness's history is what was sent, newest first."""
    with Client(server.port) as client:
        for user, movies in witnessed.items():
            answer = client.send(get(f"{server.prefix}/users/{user}/history?k=1000")).json()
            found = [each["movie"] for each in answer["history"]]
            if found != movies[::-1]:
                raise BenchmarkError(f"{user} has the history {found}, sent was {movies[::-1]}")


def _count_lines(server: Server, sent: Sent) -> None:
    with (server.home / "events.jsonl").open("rb") as lines:
        found = sum(1 for _ in lines)
    if found != len(sent.batches) * BATCH:
        raise BenchmarkError(f"{found:,} events in the rival's file, {len(sent.batches) * BATCH:,} sent")
