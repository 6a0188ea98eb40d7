"""The charts over a million events, as right after a commit of the stream: no answer is kept.

The rival is what the usual dashboard does: pandas reads the same Delta tables, and groups, without filters.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from deltalake import DeltaTable

from benchmarks.context import Context
from benchmarks.result import Result
from matinee.stores.interactions.base import CHARTS, EVERY_MOVIE, Chart, MovieFilter
from matinee.stores.interactions.duckdb import DuckdbInteractions

RIVAL = "pandas over the same tables"
_TIMES = 15
_GOAL = 300.0
_K = 100
_FILTERS = (
    MovieFilter(genre="Drama"),
    MovieFilter(years=(1990, 1999)),
    MovieFilter(genre="Comedy", years=(1980, 2000)),
    MovieFilter(movie="260"),
)


def run(context: Context) -> list[Result]:
    """Every chart, of all movies and with filters."""
    with context.home() as home:
        lake = f"file://{home}/lake"
        times = context.some(_TIMES)
        return [_measured(context, chart, lake, times) for chart in CHARTS]


def _measured(context: Context, chart: Chart, lake: str, times: int) -> Result:
    whole = [_asked(lake, chart, EVERY_MOVIE) for _ in range(times)]
    filtered = [_asked(lake, chart, each) for _ in range(times) for each in _FILTERS]
    usual = _USUAL.get(chart)
    theirs = [_took(usual, Path(lake.removeprefix("file://"))) for _ in range(times)] if usual else []
    return Result(
        figure=f"`{chart}`, p95",
        value=float(np.percentile([*whole, *filtered], 95)),
        unit="ms",
        goal=_GOAL,
        rival=RIVAL,
        rival_value=float(np.percentile(theirs, 95)) if theirs else "not tried",
        data=context.data,
        command="make bench ARGS=insights",
        note=f"`{chart}`: of all movies {np.percentile(whole, 50):.0f} ms at p50, with filters "
        f"{np.percentile(filtered, 50):.0f}; each asked of a store that was just opened, without HTTP",
    )


def _asked(lake: str, chart: Chart, movies: MovieFilter) -> float:
    store = DuckdbInteractions("duckdb://", lake)
    try:
        return _took(lambda _: store.chart(chart, _K, movies), Path())
    finally:
        store.close()


def _took(work: Callable[[Path], object], lake: Path) -> float:
    started = time.perf_counter()
    work(lake)
    return 1000 * (time.perf_counter() - started)


def _read(lake: Path, table: str, columns: list[str]) -> Any:
    return DeltaTable(str(lake / table)).to_pandas(columns=columns)


def _ratings(lake: Path) -> Any:
    said = _read(lake, "interactions", ["movie", "type", "value"])
    return said[said["type"].isin(["rating", "review"]) & said["value"].notna()]


def _distribution(lake: Path) -> object:
    return _ratings(lake).groupby("value").size()


def _genres(lake: Path) -> object:
    movies = _read(lake, "movies", ["movie", "genres"]).explode("genres")
    return _ratings(lake).merge(movies, on="movie").groupby("genres")["value"].agg(["mean", "count", "std"])


def _per_minute(lake: Path) -> object:
    at = _read(lake, "interactions", ["at"])["at"]
    latest = at[at >= at.max() - pd.Timedelta(hours=1)]
    return latest.dt.floor("min").value_counts()


def _tail(lake: Path) -> object:
    counts = _read(lake, "interactions", ["movie"])["movie"].value_counts()
    return counts.cumsum() / counts.sum()


_USUAL: dict[Chart, Callable[[Path], object]] = {
    "rating-distribution": _distribution,
    "average-rating-per-genre": _genres,
    "events-per-minute": _per_minute,
    "long-tail": _tail,
}
