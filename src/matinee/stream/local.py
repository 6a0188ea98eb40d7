"""The local runner: follows a log and commits what it says to the lake, exactly once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa

from matinee.errors import MatineeError
from matinee.lake.delta import Lake
from matinee.lake.positions import furthest, nearest, reached
from matinee.lake.tables import TABLE_NAMES
from matinee.log.base import Log, Position
from matinee.stop import Stop
from matinee.stores.catalogue.base import Movie
from matinee.stream.batch import frame
from matinee.stream.commit import Committed, Committing, Drained, Told
from matinee.stream.parse import parse
from matinee.stream.past import Past
from matinee.stream.steps import last_of, rows_of
from matinee.telemetry import get_logger

_BYTES = 8 * 2**20
"""A micro-batch is made of about so many bytes of events, or of fewer: reviews and movies can be long."""
_FIRST = 5_000
"""Entries in the first micro-batch, before their size is known."""
_PATIENCE = 30.0
"""Seconds between attempts while the lake or the log cannot be used."""


class _Read(NamedTuple):
    start: Position
    position: Position
    parsed: pa.RecordBatch


class LocalStream:
    """A stream in this process, from `log` to `lake`, in micro-batches of up to `micro_batch` entries.

    Every entry is in each of its tables exactly once, whatever is killed when and however many
    streams run at once. However long the backlog, memory is that of two micro-batches, of about 8 MB of
    events each at most, and of a log that `repeats` ids 16 bytes for each event in the lake.
    `on_movies` is told the merged facts of movies that changed, `on_erased` each user to be forgotten, both
    at least once; `on_batch` of every commit.
    """

    def __init__(
        self,
        log: Log,
        lake: Lake,
        *,
        micro_batch: int = 50_000,
        seconds: float = 1.0,
        on_movies: Callable[[list[Movie]], None] | None = None,
        on_erased: Callable[[str], object] | None = None,
        on_batch: Callable[[Committed], None] | None = None,
        trending_seconds: float = 5.0,
    ) -> None:
        self._log = log
        self._lake = lake
        self._micro_batch = micro_batch
        self._seconds = seconds
        self._past = Past(lake, repeats=log.repeats)
        told = Told(on_movies, on_erased, on_batch)
        self._committing = Committing(lake, self._past, told, trending_seconds)
        self._position: Position | None = None
        self._cut_off = Position()
        self._limit = min(micro_batch, _FIRST)
        self._logger = get_logger("stream")

    def drain(self) -> Drained:
        """Commit everything up to the log's end as it is now, bring `trending` up to date, and return.

        Raises LakeError or LogError; what was committed until then counts, and a new call goes on behind it.
        """
        added = self._catch_up()
        self._committing.refresh(hurry=True)
        self._committing.maintain()
        return added

    def follow(self, stop: Stop) -> None:
        """Commit what comes, until `stop`: each time all that has gathered within `seconds`.

        Raises when it cannot even start; later, while lake or log cannot be used, it says so in the
        log lines and tries again.
        """
        self._catch_up(stop)
        self._committing.refresh(hurry=True)
        while not stop.is_set():
            try:
                self._step(stop)
            except MatineeError as error:
                self._logger.error("stream waits", error=str(error), seconds=_PATIENCE)
                stop.wait(_PATIENCE)

    def _step(self, stop: Stop) -> None:
        if self._log.wait(self._position or Position(), self._seconds):
            stop.wait(self._seconds)
            self._catch_up(stop)
        self._committing.refresh()

    def _catch_up(self, stop: Stop | None = None) -> Drained:
        now, end = datetime.now(UTC), self._log.end()
        total = Drained()
        try:
            for read in self._backlog(end):
                total = total.plus(self._commit(read))
                self._position = read.position
                if stop is not None and stop.is_set():
                    return total
        except BaseException:
            self._position = None  # some tables may have the batch: the lake says where to go on, and how far
            raise
        if (self._position or Position()).reaches(end):
            self._past.forget(now)
        return total

    def _backlog(self, end: Position) -> Iterator[_Read]:
        """What is behind the position, parsed; the next batch is made while the last is committed."""
        if self._position is None:
            self._position = self._past.look()
            self._cut_off = furthest(*map(self._lake.committed, TABLE_NAMES))
        start = self._position
        with ThreadPoolExecutor(1, thread_name_prefix="stream-read") as pool:
            # A lake ahead of its log is read too, for the log to refuse: it has lost its tail.
            ahead = None if start == end else pool.submit(self._read, start)
            while ahead is not None:
                read = ahead.result()
                more = read.position != read.start and not read.position.reaches(end)
                ahead = pool.submit(self._read, read.position) if more else None
                yield read

    def _read(self, start: Position) -> _Read:
        limit = self._limit
        while True:
            batch = self._log.read(start, limit)
            columns, position = batch.columns, batch.position
            if columns.num_rows:
                size = columns["value"].nbytes / columns.num_rows
                self._limit = min(self._micro_batch, int(_BYTES / size) + 1)
            if start.reaches(self._cut_off):
                return _Read(start, position, parse(columns))
            # A batch was cut off, and is in some of the tables: which of two entries with one id counts
            # is decided among its own entries alone, as it was then, so that all tables agree.
            position = furthest(start, nearest(position, self._cut_off))
            if position != start or batch.position == start:
                return _Read(start, position, parse(columns.filter(reached(columns, position))))
            limit *= 2  # nothing of it yet, only of what comes behind it

    def _commit(self, read: _Read) -> Drained:
        begun = time.monotonic()
        self._past.look()
        parsed, digests = self._past.fresh(frame(read.parsed))
        rows, last = rows_of(parsed, self._past.erasures, self._past.retractions.known), last_of(parsed)
        return self._committing.timed(
            begun, last, lambda: self._committing.commit(rows, read.position, digests)
        )
