"""How a batch gets into the lake, whichever engine made it: the one order of commits that mends itself."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import polars as pl
import pyarrow as pa

from matinee.lake.delta import Lake
from matinee.lake.movies import facts_of
from matinee.lake.parquet import WrittenFile
from matinee.lake.positions import furthest
from matinee.lake.tables import OF_A_USER, TABLE_NAMES, TableName
from matinee.log.base import Position
from matinee.stop import Stop
from matinee.stores.catalogue.base import Movie
from matinee.stream.batch import frame
from matinee.stream.past import Past
from matinee.stream.steps import TableRows, furthest_bounds
from matinee.stream.trending import TrendingTable
from matinee.telemetry import get_logger

_MAINTAIN_EVERY = 32
"""Batches between two looks at whether a table has too many files."""

Files = Mapping[TableName, Sequence[WrittenFile]]


class Drained(NamedTuple):
    """What changed in the lake: rows added to `events`, `rejects` and `movies`, rows erased."""

    events: int = 0
    rejects: int = 0
    movies: int = 0
    erased: int = 0

    def plus(self, other: "Drained") -> "Drained":
        """Both together."""
        return Drained(*map(sum, zip(self, other, strict=True)))


class Committed(NamedTuple):
    """One micro-batch, as told to `on_batch`."""

    added: Drained
    seconds: float
    """From parsed to committed."""
    lag: float
    """Seconds from the moment the last entry was durable in the log until it was in the lake."""
    position: Position


class Told(NamedTuple):
    """Who is told what: of the merged facts of movies that changed, of each user to be forgotten, of commits.

    Of movies and users at least once; whoever is told may raise, and is told again.
    """

    on_movies: Callable[[list[Movie]], None] | None = None
    on_erased: Callable[[str], object] | None = None
    on_batch: Callable[[Committed], None] | None = None


class Stream(Protocol):
    """An engine of the stream, from a log to the lake."""

    def drain(self) -> Drained:
        """Commit everything up to the log's end as it is now, bring `trending` up to date, and return.

        Raises LakeError or LogError; what was committed until then counts, and a new call goes on behind it.
        """
        ...

    def follow(self, stop: Stop) -> None:
        """Commit what comes, until `stop`; a batch that is being committed then is committed to its end.

        Raises when it cannot even start; later, while lake or log cannot be used, it says so in the
        log lines and tries again.
        """
        ...


class Committing:
    """Commits one batch after the other to `lake`, for one engine, from one thread at a time."""

    def __init__(self, lake: Lake, past: Past, told: Told, trending_seconds: float) -> None:
        self.lake = lake
        self.past = past
        self._told = told
        self._trending = TrendingTable(lake, trending_seconds)
        self._batches = 0
        self._logger = get_logger("stream")

    def timed(self, begun: float, last: datetime | None, commit: Callable[[], Drained]) -> Drained:
        """Run `commit`, and tell of it: what took since `begun`, of a batch whose last entry is of `last`."""
        added = commit()
        lag = max(time.time() - last.timestamp(), 0.0) if last else 0.0
        done = Committed(added, time.monotonic() - begun, lag, self.past.position or Position())
        self._logger.debug(
            "committed", **added._asdict(), seconds=done.seconds, lag=lag, position=str(done.position)
        )
        if self._told.on_batch:
            self._told.on_batch(done)
        self._batches += 1
        if self._batches % _MAINTAIN_EVERY == 0:
            self.maintain()
        return added

    def commit(
        self, rows: TableRows, position: Position, digests: bytes, files: Files | None = None
    ) -> Drained:
        """Commit one batch; each table leaves out what it has, so that a repeat after a crash mends the rest.

        What is in `files` already is committed as it is, and is not in `rows`; `digests` are of all ids.

        1. Rejects, movies, interactions and, of a log that repeats ids, who was erased; each with the
           position, when the batch has rows for it; interactions also when it takes some back.
        2. The catalogue is told of movies.
        3. What the batch takes back is deleted from interactions.
        4. What erasures in the batch reach is deleted from every table, and wiped from older files.
        5. Events, always, with the position: a restart reads from here, so this comes last.
        6. Events once more are rid of what erasures reach, lest a second stream added it meanwhile.
        """
        files = files or {}
        rejects = self._put("rejects", rows.rejects, position)  # 1
        movies = self.lake.upsert_movies(rows.movies, position) if rows.movies.num_rows else 0
        taken_back = not rows.retractions.is_empty()
        self._put("interactions", rows.interactions, position, files, always=taken_back)
        if self.past.repeats:
            self._put("erasures", rows.erasures, position)
        self._tell_movies(rows)  # 2
        reach = self._reach(rows)
        reached = furthest(position, self.past.position or Position())
        retractions = self.past.retractions.apply(rows.retractions, frame(reach), reached)  # 3
        erased = self._forget(reach, *OF_A_USER, files=files)  # 4
        if self._told.on_erased:
            for user in rows.asked["user"].unique(maintain_order=True):
                self._told.on_erased(user)
        events = self._put("events", rows.events, position, files, always=True)  # 5
        erased += self._forget(reach, "events")  # 6
        self.past.take(position, digests, rows.erasures, retractions)
        return Drained(events, rejects, movies, erased)

    def _put(
        self,
        table: TableName,
        rows: pa.Table,
        position: Position,
        files: Files | None = None,
        *,
        always: bool = False,
    ) -> int:
        if written := (files or {}).get(table):
            added = self.lake.add(table, written, position)
            return sum(file.rows for file in written) if added else 0
        return self.lake.append(table, rows, position) if rows.num_rows or always else 0

    def _tell_movies(self, rows: TableRows) -> None:
        if self._told.on_movies and rows.movies.num_rows:
            changed = frame(rows.movies.select(["movie"])).lazy()
            merged = self.lake.collect(self.lake.scan("movies").join(changed, on="movie", how="semi"))
            self._told.on_movies([Movie(movie, facts) for movie, facts in facts_of(merged)])

    def _reach(self, rows: TableRows) -> pa.Table:
        """Up to where to forget: in other partitions than an erasure's, what was appended before it."""
        if rows.asked.is_empty() or not self.past.repeats:
            return rows.reach.to_arrow()
        asked = rows.asked.lazy().select(value="user", own="partition", until="appended")
        bounds = [rows.reach]
        for table in ("events", "rejects"):  # interactions, which have no moment, are in the places of events
            place = ("partition", "offset", "appended")
            there = self.lake.scan(table).select(*place, value=OF_A_USER[table]).join(asked, on="value")
            earlier = there.filter(
                (pl.col("partition") != pl.col("own")) & (pl.col("appended") < pl.col("until"))
            )
            bounds.append(self.lake.collect(earlier.select(rows.reach.columns)))
        return furthest_bounds(pl.concat(bounds)).to_arrow()

    def _forget(self, reach: pa.Table, *tables: TableName, files: Files | None = None) -> int:
        if not reach.num_rows:
            return 0
        erased = 0
        for table in tables:
            erased += self.lake.forget(table, OF_A_USER[table], reach)
            self.lake.wipe(table, [file.path for file in (files or {}).get(table, ())])
        return erased

    def refresh(self, *, hurry: bool = False) -> None:
        """Bring `trending` up to date when it is time, or `hurry`."""
        self._trending.refresh(hurry=hurry)

    def maintain(self) -> None:
        """Look whether a table has too many files."""
        for table in TABLE_NAMES:
            self.lake.maintain(table)
