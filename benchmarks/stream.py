"""From the log to the lake: a million ratings, against the consumer that is usually written.

Run with `python -m benchmarks.stream [EVENTS]`. The rival parses each entry with `json`, and appends a
Python list of rows to the same Delta tables a thousand at a time; it checks nothing and promises nothing
(an append that is repeated after a crash doubles its rows). It gets a twentieth of the events.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from deltalake import write_deltalake

from matinee.events.codec import encode
from matinee.events.types import Event
from matinee.lake.delta import Lake
from matinee.log.base import Log, Position, Record
from matinee.log.sqlite import SqliteLog
from matinee.stream.local import LocalStream
from matinee.telemetry import configure_logs

BEGUN = datetime(2000, 1, 1, tzinfo=UTC)
CHUNK = 10_000
RIVAL_BATCH = 1_000
RIVAL_SHARE = 20


def fill(log: Log, events: int) -> None:
    """Ratings as ml-1m has them: 6,000 users, 3,700 movies, one a minute."""
    for start in range(0, events, CHUNK):
        log.append([_record(number) for number in range(start, min(start + CHUNK, events))])


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
        entries, position = log.read(position, RIVAL_BATCH)
        events -= len(entries)
        rows = []
        for entry in entries:
            row = json.loads(entry.value)
            row["at"] = datetime.fromisoformat(row["at"])
            rows.append(row)
        write_deltalake(f"{folder}/rival", pa.Table.from_pylist(rows), mode="append")


def measure(name: str, events: int, run: Callable[[], object]) -> dict[str, float | str]:
    """Wall and processor time of `run`, in all threads, and the most memory that the process has held."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "what": name,
        "events": events,
        "events_per_second": round(events / wall),
        "cpu_us_per_event": round(cpu / events * 1e6, 2),
        "peak_mb": round(peak),
    }


def main(events: int = 1_000_000) -> list[dict[str, float | str]]:
    """Measure both, ours first so that its peak of memory is its own."""
    configure_logs("warning", as_json=True)
    with tempfile.TemporaryDirectory() as folder:
        log = SqliteLog(f"sqlite://{folder}/log.db")
        fill(log, events)
        log.close()
        # A log opened anew: as a stream's process has it, without the ids that an appending one learns.
        log = SqliteLog(f"sqlite://{folder}/log.db")
        stream = LocalStream(log, Lake(f"file://{folder}/lake"))
        figures = [measure("log to lake", events, stream.drain)]
        fewer = events // RIVAL_SHARE
        figures.append(measure("rival", fewer, lambda: rival(log, folder, fewer)))
        log.close()
    return figures


if __name__ == "__main__":
    for figure in main(*map(int, sys.argv[1:])):
        print(json.dumps(figure))
