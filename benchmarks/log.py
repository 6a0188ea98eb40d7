"""The log against its rival, the usual table of one row per event with a unique index over the ids.

Ids are random UUIDs, the values encoded ratings; both sides are durable in the same way (WAL,
synchronous=FULL) and append in groups of 1,000.
"""

import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.context import Context
from benchmarks.result import Result
from matinee.log.base import Position, Record
from matinee.log.sqlite import SqliteLog

GROUP = 1000
SINGLES = 1000


RECORDS = 2_000_000
RIVAL_RECORDS = 500_000
RIVAL = "one SQLite row per event, unique index over ids"


class Figure(NamedTuple):
    """One measured number."""

    name: str
    value: float
    unit: str


def run(context: Context) -> list[Result]:
    """Appends by the group until the log is large, single appends, reads; and what the rival appends."""
    records, rival_records = context.some(RECORDS), context.some(RIVAL_RECORDS)
    with tempfile.TemporaryDirectory(dir=context.folder) as folder:
        log = SqliteLog(f"sqlite://{folder}/log.db")
        figures = [*_appends(log, records), *_singles(log), _end(log), _read(log)]
        log.close()
        figures.append(_first_append(f"sqlite://{folder}/log.db"))
        rivals = dict(zip(("all", "last"), _rival(Path(folder) / "rival.db", rival_records), strict=True))
    beside = {figures[0].name: rivals["all"], figures[1].name: rivals["last"]}
    return [
        Result(
            figure=figure.name,
            value=figure.value,
            unit=figure.unit,
            rival=RIVAL,
            rival_value=beside.get(figure.name),
            data=f"{records:,} ratings with random ids; the rival {rival_records:,}",
            command="python -m benchmarks log",
        )
        for figure in figures
    ]


def _groups(records: int) -> Iterator[list[Record]]:
    for start in range(0, records, GROUP):
        yield [_record(i) for i in range(start, min(start + GROUP, records))]


def _record(i: int) -> Record:
    id_ = str(uuid.uuid4())
    value = f'{{"id":"{id_}","type":"rating","user":"{i % 6040}","movie":"{i % 3706}","value":4.0}}'
    return Record("movielens_ratings", str(i % 6040), id_, value.encode())


def _appends(log: SqliteLog, records: int) -> Iterator[Figure]:
    times = []
    for group in _groups(records):
        start = time.perf_counter()
        log.append(group)
        times.append(time.perf_counter() - start)
    last = times[-max(len(times) // 10, 1) :]
    yield Figure("append, groups of 1,000", records / sum(times), "records/s")
    yield Figure(f"append, the last tenth of {records:,}", len(last) * GROUP / sum(last), "records/s")


def _singles(log: SqliteLog) -> Iterator[Figure]:
    times = []
    for i in range(SINGLES):
        record = [_record(i)]
        start = time.perf_counter()
        log.append(record)
        times.append(time.perf_counter() - start)
    times.sort()
    yield Figure("append of one, p50", times[SINGLES // 2] * 1e3, "ms")
    yield Figure("append of one, p99", times[SINGLES * 99 // 100] * 1e3, "ms")


def _end(log: SqliteLog) -> Figure:
    start = time.perf_counter()
    for _ in range(10_000):
        log.end()
    return Figure("end, nothing new", (time.perf_counter() - start) * 100, "µs")


def _read(log: SqliteLog) -> Figure:
    position, entries, start = Position(), 0, time.perf_counter()
    while (batch := log.read(position, 10_000)).entries:
        position = batch.position
        entries += len(batch.entries)
    return Figure("read, 10,000 at a time", entries / (time.perf_counter() - start), "entries/s")


def _first_append(url: str) -> Figure:
    log = SqliteLog(url)
    start = time.perf_counter()
    log.append([_record(0)])
    took = time.perf_counter() - start
    log.close()
    return Figure("first append of a process (reads all ids)", took * 1e3, "ms")


def _rival(path: Path, records: int) -> tuple[float, float]:
    """Records per second of all appends, and of the last tenth of them."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE events (n INTEGER PRIMARY KEY, topic, key, id TEXT NOT NULL UNIQUE, value BLOB, at)"
    )
    times = []
    for group in _groups(records):
        start = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT OR IGNORE INTO events (topic, key, id, value, at) VALUES (?, ?, ?, ?, 0)", group
        )
        connection.execute("COMMIT")
        times.append(time.perf_counter() - start)
    connection.close()
    last = times[-max(len(times) // 10, 1) :]
    return records / sum(times), len(last) * GROUP / sum(last)
