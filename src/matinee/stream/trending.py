"""What trends: views, likes and ratings over sliding windows, each against the window before it.

The one place that counts; the interactions store and whoever else wants to know read the table.
"""

import time
from datetime import UTC, datetime

import polars as pl
import pyarrow as pa

from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.stores.interactions.base import LENGTHS, TREND_TYPES, WINDOWS, Window

_END = datetime.max.replace(tzinfo=UTC)
REACH = 2 * max(LENGTHS.values())
"""How far back from its end a trend looks: the longest window and the one before."""
MOST = 1_000
"""Rows per window and type."""


def trending(interactions: pl.DataFrame, until: datetime) -> pa.Table:
    """The rows of the `trending` table: per window and type the movies with the most events, ties by id.

    A window of length w holds the events at t with until - w < t <= until, the one before it those of
    the w before that; later events are left out. Reads the columns type, movie, value and at.
    """
    seen = interactions.filter(pl.col("type").is_in(TREND_TYPES) & (pl.col("at") <= until))
    ranked = [_window(seen, window, until) for window in WINDOWS]
    return pl.concat(ranked).select(SCHEMAS["trending"].names).to_arrow().cast(SCHEMAS["trending"])


def _window(seen: pl.DataFrame, window: Window, until: datetime) -> pl.DataFrame:
    within = pl.col("at") > until - LENGTHS[window]
    rating = pl.when(within & (pl.col("type") == "rating")).then("value")
    return (
        seen.filter(pl.col("at") > until - 2 * LENGTHS[window])
        .group_by("type", "movie")
        .agg(count=within.sum().cast(pl.Int64), before=(~within).sum().cast(pl.Int64), average=rating.mean())
        .filter(pl.col("count") > 0)
        .sort("type", -pl.col("count"), "movie")
        .with_columns(
            rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("type"),
            window=pl.lit(window),
            until=pl.lit(until, dtype=pl.Datetime("us", "UTC")),
        )
        .filter(pl.col("rank") <= MOST)
    )


class TrendingTable:
    """Keeps the lake's `trending` up to date: at most each `every` seconds, and a twentieth of the time."""

    def __init__(self, lake: Lake, every: float = 5.0) -> None:
        self._lake = lake
        self._every = every
        self._version: int | None = None
        self._due = 0.0

    def refresh(self, *, hurry: bool = False) -> bool:
        """Rewrite the table when interactions have changed and it is time, or `hurry`; whether it did.

        Reads four columns of the last fortnight of events, so memory does not grow with history. When
        an erasure took the last event, nothing trends: the table is emptied.
        """
        version = self._lake.version("interactions")
        begun = time.monotonic()
        if version == self._version or (begun < self._due and not hurry):
            return False
        newest, now = self._newest(), datetime.now(UTC)
        until = min(newest or _END, now)  # replayed history trends as it did then
        self._lake.overwrite("trending", trending(self._recent(until), until))
        self._version = version if newest is None or newest <= now else None  # its time will come
        self._due = begun + max(self._every, 20 * (time.monotonic() - begun))
        return True

    def _newest(self) -> datetime | None:
        newest: datetime | None = self._lake.collect(
            self._lake.scan("interactions").select(pl.col("at").max())
        ).item()
        return newest

    def _recent(self, until: datetime) -> pl.DataFrame:
        recent = self._lake.scan("interactions").filter(
            (pl.col("at") > until - REACH) & (pl.col("at") <= until) & pl.col("type").is_in(TREND_TYPES)
        )
        return self._lake.collect(recent.select("type", "movie", "value", "at"))
