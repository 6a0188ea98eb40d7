"""Analytics by DuckDB, straight over the parquet files of the lake's current versions."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
from pyarrow.dataset import Dataset

from matinee.errors import StoreError
from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS, TableName
from matinee.stores.interactions.base import (
    CHARTS,
    COUNTS,
    EVERY_MOVIE,
    LENGTHS,
    TREND_TYPES,
    WINDOWS,
    Chart,
    MovieFilter,
    Trend,
    TrendType,
    Window,
)
from matinee.stores.interactions.charts import QUERIES
from matinee.stores.interactions.narrowing import narrowed
from matinee.stores.interactions.periods import PERIODS, SPAN, in_periods

_TABLES: tuple[TableName, ...] = ("interactions", "movies", "trending", "rejects")
_KEPT = 500
"""Answers kept: more than there are charts, windows and types at a few sizes."""
_ATTEMPTS = 3
_TREND = """
    SELECT movie, count AS events, before, average, epoch_us(until) AS until FROM trending
    WHERE "window" = $window AND type = $type ORDER BY rank LIMIT $k
"""
_SERIES = """
    SELECT movie, ($until - epoch_us("at")) // $part AS back, count(*) AS events FROM interactions
    WHERE type = $type AND "at" > make_timestamptz($since) AND "at" <= make_timestamptz($until)
        AND movie IN (SELECT unnest($movies::VARCHAR[]))
    GROUP BY ALL
"""

_Versions = tuple[int | None, ...]
T = TypeVar("T")


class DuckdbInteractions:
    """The interactions store of `duckdb://`, which keeps nothing of its own: it reads the lake at `lake`.

    An answer is as new as the lake is when it is asked for, and is kept until the lake changes.
    """

    def __init__(self, url: str, lake: str) -> None:
        self.url = url
        self._lake = Lake(lake)
        self._lock = threading.RLock()
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._versions: _Versions = ()
        self._answers: dict[tuple[Any, ...], Any] = {}

    def trending(self, window: Window, type_: TrendType, k: int) -> list[Trend]:
        """The `k` movies with the most events of this type in the window, as the stream last counted them.

        Raises StoreError for an unknown window or type, or when the lake cannot be read.
        """
        if window not in WINDOWS or type_ not in TREND_TYPES:
            known = f"{', '.join(TREND_TYPES)} over {', '.join(WINDOWS)}"
            raise StoreError(f"no trend of {type_!r} over {window!r}; there are {known}")
        return list(self._answer(("trending", window, type_, k), lambda: self._trending(window, type_, k)))

    def chart(self, chart: Chart, k: int, movies: MovieFilter = EVERY_MOVIE) -> list[dict[str, Any]]:
        """The rows of a chart of these movies, as `charts` and `periods` describe them; `k` where ranked.

        Raises StoreError for a chart that there is not, or when the lake cannot be read.
        """
        if chart not in CHARTS:
            raise StoreError(f"no chart {chart!r}; there are {', '.join(CHARTS)}")
        return [dict(row) for row in self._answer((chart, k, movies), lambda: self._rows(chart, k, movies))]

    def close(self) -> None:
        """Release what is held."""
        with self._lock:
            self._connection.close()

    def _answer(self, question: tuple[Any, ...], answer: Callable[[], T]) -> T:
        with self._lock:
            for attempt in range(_ATTEMPTS):
                try:
                    self._look()
                    if question not in self._answers:
                        self._answers[question] = answer()
                    return self._answers[question]  # type: ignore[no-any-return]
                except (duckdb.Error, OSError) as error:
                    # An erasure removed files between the look and the read: look again.
                    self._versions = ()
                    if attempt == _ATTEMPTS - 1:
                        raise StoreError(
                            f"cannot answer {question} from the lake {self._lake.url}: {error}"
                        ) from error
            raise AssertionError("unreachable")

    def _look(self) -> None:
        """Point the views at the lake's newest versions, when those are not what they point at."""
        versions = tuple(self._lake.version(table) for table in _TABLES)
        if versions == self._versions and len(self._answers) < _KEPT:
            return
        self._answers.clear()
        self._versions = tuple(self._point(table) for table in _TABLES)

    def _point(self, table: TableName) -> int | None:
        if urlsplit(self._lake.url).scheme == "file":
            version, files = self._lake.files(table)
            if files:
                self._connection.from_parquet(files).create_view(table, replace=True)
                return version
        else:  # where DuckDB itself cannot read, Arrow does
            version, dataset = self._lake.dataset(table)
            if dataset:
                self._view(table, dataset)
                return version
        self._view(table, SCHEMAS[table].empty_table())
        return version

    def _view(self, table: TableName, rows: pa.Table | Dataset) -> None:
        self._connection.register(f"rows_of_{table}", rows)
        self._connection.execute(f"CREATE OR REPLACE VIEW {table} AS FROM rows_of_{table}")

    def _rows(self, chart: Chart, k: int, movies: MovieFilter) -> list[dict[str, Any]]:
        query = self._in_periods(chart, movies) if chart in PERIODS else QUERIES[chart]
        asked, values = narrowed(query, movies)
        return self._fetch(asked, values | ({"k": k} if "$k" in query else {}))

    def _in_periods(self, chart: Chart, movies: MovieFilter) -> str:
        [numbers] = self._fetch(*narrowed(SPAN, movies))
        few = (width for width, number in numbers.items() if (number or 0) <= PERIODS[chart].most)
        return in_periods(chart, next(few))

    def _trending(self, window: Window, type_: TrendType, k: int) -> list[Trend]:
        rows = self._fetch(_TREND, {"window": window, "type": type_, "k": k})
        series = self._series(window, type_, rows[0]["until"], [row["movie"] for row in rows]) if rows else {}
        return [
            Trend(row["movie"], row["events"], row["before"], row["average"], tuple(series[row["movie"]]))
            for row in rows
        ]

    def _series(
        self, window: Window, type_: TrendType, until: int, movies: list[str]
    ) -> dict[str, list[int]]:
        """How many events each of these movies has in each part of the window up to `until`, microseconds."""
        length = LENGTHS[window] // timedelta(microseconds=1)
        values = {"since": until - length, "until": until, "part": length // COUNTS}
        series = {movie: [0] * COUNTS for movie in movies}
        for row in self._fetch(_SERIES, values | {"type": type_, "movies": movies}):
            series[row["movie"]][COUNTS - 1 - row["back"]] = row["events"]
        return series

    def _fetch(self, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        done = self._connection.execute(query, values)
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]
