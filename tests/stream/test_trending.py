"""Trending against a slow reference that can be read."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.stores.interactions import open_interactions
from matinee.stores.interactions.base import LENGTHS, TREND_TYPES, WINDOWS, Trend
from matinee.stream.batch import frame
from matinee.stream.trending import TrendingTable, trending

UNTIL = datetime(2026, 1, 15, tzinfo=UTC)
TYPES = (*TREND_TYPES, "dislike", "review")
SCHEMA: dict[str, Any] = {
    "type": pl.String,
    "movie": pl.String,
    "value": pl.Float64,
    "at": pl.Datetime("us", "UTC"),
}

# Moments on and beside the edges of every window, and after the end.
edges = st.sampled_from([timedelta(0), *LENGTHS.values(), *(2 * length for length in LENGTHS.values())])
moments = st.tuples(edges, st.integers(-2, 2)).map(
    lambda pair: UNTIL - pair[0] + timedelta(microseconds=pair[1])
)
events = st.lists(
    st.tuples(st.sampled_from(TYPES), st.sampled_from("abc"), st.sampled_from([1.0, 4.0]), moments),
    max_size=40,
)


def reference(events: list[tuple[str, str, float, datetime]]) -> list[dict[str, Any]]:
    found = []
    for window in WINDOWS:
        length = LENGTHS[window]
        for type_ in TREND_TYPES:
            now, before = defaultdict(list), defaultdict(list)
            for event_type, movie, value, at in events:
                if event_type == type_ and UNTIL - length < at <= UNTIL:
                    now[movie].append(value)
                elif event_type == type_ and UNTIL - 2 * length < at <= UNTIL - length:
                    before[movie].append(value)
            ranked = sorted(now, key=lambda movie: (-len(now[movie]), movie))
            for rank, movie in enumerate(ranked, 1):
                average = sum(now[movie]) / len(now[movie]) if type_ == "rating" else None
                found.append(
                    {"window": window, "type": type_, "rank": rank, "movie": movie, "count": len(now[movie])}
                    | {"before": len(before[movie]), "average": average, "until": UNTIL}
                )
    return found


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["window"], row["type"], row["rank"]


@given(events)
def test_it_is_what_the_reference_says(events: list[tuple[str, str, float, datetime]]):
    made = trending(pl.DataFrame(events, schema=SCHEMA, orient="row"), UNTIL)
    assert made.schema == SCHEMAS["trending"]
    assert sorted(made.to_pylist(), key=_key) == sorted(reference(events), key=_key)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(f"file://{tmp_path}/lake")


def add(lake: Lake, *moments: datetime) -> None:
    rows = pl.DataFrame([("view", "m", None, at) for at in moments], schema=SCHEMA, orient="row")
    missing = [pl.lit(None).alias(name) for name in SCHEMAS["interactions"].names if name not in SCHEMA]
    lake.append("interactions", rows.with_columns(missing).to_arrow(), None)


def test_the_table_follows_the_newest_event(lake: Lake):
    table = TrendingTable(lake)
    add(lake, UNTIL, UNTIL - timedelta(minutes=7), UNTIL - timedelta(days=300))
    assert table.refresh(hurry=True)
    rows = frame(lake.read("trending").to_arrow()).filter(pl.col("window") == "5m").to_dicts()
    assert [(row["count"], row["before"], row["until"]) for row in rows] == [(1, 1, UNTIL)]


def test_the_table_is_left_alone_when_nothing_changed_or_too_soon(lake: Lake):
    table = TrendingTable(lake, every=3600)
    assert not table.refresh()
    add(lake, UNTIL)
    assert table.refresh()
    assert not table.refresh(hurry=True)
    add(lake, UNTIL)
    assert not table.refresh()
    assert table.refresh(hurry=True)


def test_an_event_ahead_of_the_clock_does_not_move_the_windows(lake: Lake):
    now = datetime.now(UTC)
    add(lake, now + timedelta(hours=20), now - timedelta(seconds=30))
    table = TrendingTable(lake)
    table.refresh(hurry=True)
    rows = lake.read("trending")
    assert rows["until"].max() < now + timedelta(hours=1)  # type: ignore[operator]
    assert rows.filter(pl.col("window") == "5m")["count"].to_list() == [1]
    assert table.refresh(hurry=True)  # though nothing came: its time may have come


def test_nothing_trends_once_all_that_did_is_erased(lake: Lake):
    table = TrendingTable(lake)
    add(lake, UNTIL)
    table.refresh(hurry=True)
    lake.delete("interactions", {"movie": "m"})
    assert table.refresh(hurry=True)
    assert lake.read("trending").is_empty()


def test_the_interactions_store_answers_from_the_table(lake: Lake):
    store = open_interactions("duckdb://", lake.url)
    add(lake, UNTIL, UNTIL - timedelta(minutes=7))
    assert store.trending("5m", "view", 10) == []  # no stream has counted yet
    TrendingTable(lake).refresh(hurry=True)
    assert store.trending("5m", "view", 10) == [Trend("m", 1, 1, None, (*[0] * 19, 1))]
    store.close()
