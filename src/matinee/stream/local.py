"""The local runner: follows a log and commits what it says to the lake, exactly once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pyarrow as pa

from matinee.errors import MatineeError
from matinee.lake.delta import Lake
from matinee.lake.movies import facts_of
from matinee.lake.tables import OF_A_USER, TABLE_NAMES, TableName
from matinee.log.base import Log, Position
from matinee.stop import Stop
from matinee.stores.catalogue.base import Movie
from matinee.stream.batch import frame
from matinee.stream.parse import parse
from matinee.stream.steps import Rows, rows_of
from matinee.stream.trending import TrendingTable
from matinee.telemetry import get_logger

_MAINTAIN_EVERY = 32
"""Batches between two looks at whether a table has too many files."""
_BYTES = 8 * 2**20
"""A micro-batch is made of about so many bytes of events, or of fewer: reviews and movies can be long."""
_FIRST = 5_000
"""Entries in the first micro-batch, before their size is known."""
_PATIENCE = 30.0
"""Seconds between attempts while the lake or the log cannot be used."""


class Drained(NamedTuple):
    """What changed in the lake: rows added to `events`, `rejects` and `movies`, rows erased."""

    events: int = 0
    rejects: int = 0
    movies: int = 0
    erased: int = 0


class Committed(NamedTuple):
    """One micro-batch, as told to `on_batch`."""

    added: Drained
    seconds: float
    """From parsed to committed."""
    lag: float
    """Seconds from the moment the last entry was durable in the log until it was in the lake."""
    position: Position


class _Read(NamedTuple):
    start: Position
    position: Position
    parsed: pa.RecordBatch


class LocalStream:
    """A stream in this process, from `log` to `lake`, in micro-batches of up to `micro_batch` entries.

    Every entry is in each of its tables exactly once, whatever is killed when and however many
    streams run at once. However long the backlog, memory is that of two micro-batches, of about 8 MB of
    events each at most.
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
        self._on_movies = on_movies
        self._on_erased = on_erased
        self._on_batch = on_batch
        self._trending = TrendingTable(lake, trending_seconds)
        self._position: Position | None = None
        self._limit = min(micro_batch, _FIRST)
        self._batches = 0
        self._logger = get_logger("stream")

    def drain(self) -> Drained:
        """Commit everything up to the log's end as it is now, bring `trending` up to date, and return.

        Raises LakeError or LogError; what was committed until then counts, and a new call goes on behind it.
        """
        added = self._catch_up()
        self._trending.refresh(hurry=True)
        self._maintain()
        return added

    def follow(self, stop: Stop) -> None:
        """Commit what comes, until `stop`: each time all that has gathered within `seconds`.

        Raises when it cannot even start; later, while lake or log cannot be used, it says so in the
        log lines and tries again.
        """
        self._catch_up(stop)
        self._trending.refresh(hurry=True)
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
        self._trending.refresh()

    def _catch_up(self, stop: Stop | None = None) -> Drained:
        total = Drained()
        for read in self._backlog(self._log.end()):
            added = self._commit_timed(read)
            total = Drained(*map(sum, zip(total, added, strict=True)))
            self._position = read.position
            if stop is not None and stop.is_set():
                break
        return total

    def _backlog(self, end: Position) -> Iterator[_Read]:
        """What is behind the position, parsed; the next batch is made while the last is committed."""
        start = self._lake.committed("events") if self._position is None else self._position
        with ThreadPoolExecutor(1, thread_name_prefix="stream-read") as pool:
            # A lake ahead of its log is read too, for the log to refuse: it has lost its tail.
            ahead = None if start == end else pool.submit(self._read, start)
            while ahead is not None:
                read = ahead.result()
                more = read.position != read.start and not read.position.reaches(end)
                ahead = pool.submit(self._read, read.position) if more else None
                yield read

    def _read(self, start: Position) -> _Read:
        batch = self._log.read(start, self._limit)
        columns = batch.columns
        if columns.num_rows:
            size = columns["value"].nbytes / columns.num_rows
            self._limit = min(self._micro_batch, int(_BYTES / size) + 1)
        return _Read(start, batch.position, parse(columns))

    def _commit_timed(self, read: _Read) -> Drained:
        begun = time.monotonic()
        added = self._commit(read)
        last = read.parsed["appended"].cast(pa.int64())
        lag = max(time.time() - last[-1].as_py() / 1e6, 0.0) if len(last) else 0.0
        done = Committed(added, time.monotonic() - begun, lag, read.position)
        self._logger.debug(
            "committed", **added._asdict(), seconds=done.seconds, lag=lag, position=str(read.position)
        )
        if self._on_batch:
            self._on_batch(done)
        self._batches += 1
        if self._batches % _MAINTAIN_EVERY == 0:
            self._maintain()
        return added

    def _commit(self, read: _Read) -> Drained:
        """Commit one batch; each table leaves out what it has, so that a repeat after a crash mends the rest.

        1. Rejects, movies and interactions, each with the position, when the batch has rows for it.
        2. The catalogue is told of movies.
        3. What erasures in the batch reach is deleted from every table, and wiped from older files.
        4. Events, always, with the position: a restart reads from here, so this comes last.
        5. Events once more are rid of what erasures reach, lest a second stream added it meanwhile.
        """
        rows = rows_of(read.parsed, read.start)
        rejects = self._append("rejects", rows.rejects, read.position)  # 1
        movies = self._lake.upsert_movies(rows.movies, read.position) if rows.movies.num_rows else 0
        self._append("interactions", rows.interactions, read.position)
        self._tell_movies(rows)  # 2
        erased = self._forget(rows.erasures, *OF_A_USER)  # 3
        if self._on_erased:
            for user in dict.fromkeys(rows.erasures["value"].to_pylist()):
                self._on_erased(user)
        events = self._lake.append("events", rows.events, read.position)  # 4
        erased += self._forget(rows.erasures, "events")  # 5
        return Drained(events, rejects, movies, erased)

    def _append(self, table: TableName, rows: pa.Table, position: Position) -> int:
        return self._lake.append(table, rows, position) if rows.num_rows else 0

    def _tell_movies(self, rows: Rows) -> None:
        if self._on_movies and rows.movies.num_rows:
            changed = frame(rows.movies.select(["movie"])).lazy()
            merged = self._lake.collect(self._lake.scan("movies").join(changed, on="movie", how="semi"))
            self._on_movies([Movie(movie, facts) for movie, facts in facts_of(merged)])

    def _forget(self, erasures: pa.Table, *tables: TableName) -> int:
        if not erasures.num_rows:
            return 0
        erased = 0
        for table in tables:
            erased += self._lake.forget(table, OF_A_USER[table], erasures)
            self._lake.wipe(table)
        return erased

    def _maintain(self) -> None:
        for table in TABLE_NAMES:
            self._lake.maintain(table)
