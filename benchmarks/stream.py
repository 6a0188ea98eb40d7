"""From the log to the lake: a million ratings, against the consumer that is usually written.

The rival parses each entry with `json`, and appends a
Python list of rows to the same Delta tables a thousand at a time; it checks nothing and promises nothing
(an append that is repeated after a crash doubles its rows). It gets a twentieth of the events.
"""

import json
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from deltalake import write_deltalake

from benchmarks.context import Context
from benchmarks.result import Result
from matinee.events.codec import encode
from matinee.events.types import Event
from matinee.lake.delta import Lake
from matinee.log.base import Log, Position, Record
from matinee.log.sqlite import SqliteLog
from matinee.stream.local import LocalStream
from matinee.telemetry import configure_logs

EVENTS = 1_000_000
BEGUN = datetime(2000, 1, 1, tzinfo=UTC)
CHUNK = 10_000
RIVAL_BATCH = 1_000
RIVAL_SHARE = 20


def fill(log: Log, events: int, first: int = 0) -> None:
    """Ratings as ml-1m has them: 6,000 users, 3,700 movies, one a minute, numbered from `first` on."""
    numbers = range(first, first + events)
    for start in range(0, events, CHUNK):
        log.append([_record(number) for number in numbers[start : start + CHUNK]])


def _record(number: int) -> Record:
    user, movie = str(number * 7919 % 6000), str(number * 104_729 % 3701)
    event = Event(
        id=f"ml-{user}-{movie}-{number}",
        type="rating",
        user=user,
        movie=movie,
        at=BEGUN + timedelta(minutes=number),
        value=number % 10 / 2 + 0.5,
    )
    return Record("movielens_ratings", user, event.id, encode(event))


def rival(log: Log, folder: str, events: int) -> None:
    """The usual consumer."""
    position = Position()
    while events > 0:
        batch = log.read(position, RIVAL_BATCH)
        position = batch.position
        events -= len(batch)
        rows = []
        for entry in batch.entries:
            row = json.loads(entry.value)
            row["at"] = datetime.fromisoformat(row["at"])
            rows.append(row)
        write_deltalake(f"{folder}/rival", pa.Table.from_pylist(rows), mode="append")


class Drain(NamedTuple):
    """What a run took: seconds of wall and of processor in all threads; the process's peak so far in MB."""

    wall: float
    cpu: float
    peak: float


def measure(run: Callable[[], object]) -> Drain:
    """Run it, and say what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Drain(wall, cpu, _peak())


def _peak() -> float:
    """The most memory of this program so far in MB; `getrusage` would count the one that started it too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def run(context: Context) -> list[Result]:
    """Both in a process of its own, ours first, so that its peak of memory is its own."""
    events = context.some(EVENTS)
    fewer = max(events // RIVAL_SHARE, RIVAL_BATCH)
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        ours, theirs = pool.apply(_both, (str(context.folder), events, fewer))
    data = f"{events:,} ratings in the log; the rival {fewer:,}"

    def result(figure: str, value: float, unit: str, goal: float | None, rival_value: float | None) -> Result:
        return Result(
            figure=figure,
            value=value,
            unit=unit,
            goal=goal,
            rival="json + one Delta append per 1,000",
            rival_value=rival_value,
            data=data,
            command="python -m benchmarks stream",
        )

    return [
        result("log to Delta", events / ours.wall, "events/s", 200_000.0, fewer / theirs.wall),
        result(
            "log to Delta, processor", ours.cpu / events * 1e6, "µs/event", None, theirs.cpu / fewer * 1e6
        ),
        result("log to Delta, peak memory", ours.peak, "MB", 500.0, None),
    ]


def _both(folder: str, events: int, fewer: int) -> tuple[Drain, Drain]:
    configure_logs("warning", as_json=True)
    path = tempfile.mkdtemp(dir=folder)
    log = SqliteLog(f"sqlite://{path}/log.db")
    fill(log, events)
    log.close()
    # A log opened anew: as a stream's process has it, without the ids that an appending one learns.
    log = SqliteLog(f"sqlite://{path}/log.db")
    ours = measure(LocalStream(log, Lake(f"file://{path}/lake")).drain)
    theirs = measure(lambda: rival(log, path, fewer))
    log.close()
    return ours, theirs
