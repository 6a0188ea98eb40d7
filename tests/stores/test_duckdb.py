"""Trends and charts from the lake, against references in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from matinee.errors import StoreError
from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.stores.interactions import open_interactions
from matinee.stores.interactions.base import CHARTS, Chart, Interactions, Trend

UNTIL = datetime(2026, 1, 15, 12, 30, 40, tzinfo=UTC)
Row = dict[str, Any]


def some_events(random: Random, size: int) -> list[Row]:
    """Of every type and age, some on the very edge of the last hour; the newest at UNTIL."""
    ages = [timedelta(0), timedelta(minutes=59), timedelta(hours=1), timedelta(days=7)]
    events: list[Row] = [{"type": "view", "movie": "m1", "value": None, "at": UNTIL}]
    for _ in range(size):
        type_ = random.choice(["view", "like", "rating", "review", "dislike"])
        age = random.choice([*ages, timedelta(seconds=random.expovariate(1 / 9000))])
        value = random.choice([0.5, 3.0, 3.7, 5.0]) if type_ in ("rating", "review") else None
        events.append({"type": type_, "movie": f"m{random.randrange(12)}", "value": value, "at": UNTIL - age})
    return events


def some_movies(random: Random) -> list[Row]:
    genres = [None, [], ["Drama"], ["Drama", "Crime"], ["Comedy"]]
    return [
        {
            "movie": f"m{number}",
            "title": f"Title {number}",
            "year": random.choice([None, 1995, 1999, 2001]),
            "genres": random.choice(genres),
            "language": random.choice([None, "en", "fr", "ja"]),
            "votes": random.choice([None, 7, 7, 90]),
            "vote_average": 6.5,
            "popularity": random.choice([None, 1.5, 8.0]),
        }
        for number in range(10)
    ]


EVENTS, MOVIES = some_events(Random(1), 600), some_movies(Random(2))


def rated() -> list[Row]:
    return [event for event in EVENTS if event["type"] in ("rating", "review") and event["value"] is not None]


def minutes(what: str, wanted: Callable[[Row], bool]) -> list[Row]:
    last = UNTIL.replace(second=0)
    found = Counter(event["at"].replace(second=0, microsecond=0) for event in EVENTS if wanted(event))
    each = [last - timedelta(minutes=back) for back in reversed(range(60))]
    return [{"minute": f"{minute:%Y-%m-%dT%H:%M:00Z}", what: found[minute]} for minute in each]


def top(fact: str, name: str, *others: str) -> list[Row]:
    known = sorted(
        (row for row in MOVIES if row[fact] is not None), key=lambda row: (-row[fact], row["movie"])
    )
    kept = [{"movie": row["movie"], "title": row["title"], name: row[fact]} for row in known]
    return [row | {"average": 6.5} if others else row for row in kept]


def per_genre() -> list[Row]:
    genres, values = {row["movie"]: row["genres"] or [] for row in MOVIES}, defaultdict(list)
    for event in rated():
        for genre in genres.get(event["movie"], []):
            values[genre].append(event["value"])
    rows = [
        {"genre": genre, "average": pytest.approx(sum(found) / len(found)), "ratings": len(found)}
        for genre, found in values.items()
    ]
    return sorted(rows, key=lambda row: -row["average"].expected)


def counted(values: list[Any], name: str, what: str) -> list[Row]:
    return [{name: value, what: count} for value, count in Counter(values).items()]


EXPECTED: dict[Chart, list[Row]] = {
    "events-per-minute": minutes("events", lambda _: True),
    "likes-per-minute": minutes("likes", lambda event: event["type"] == "like"),
    "movies-by-release-date": counted(sorted(row["year"] for row in MOVIES if row["year"]), "year", "movies"),
    "top-popular": top("popularity", "popularity"),
    "top-votes": top("votes", "votes", "average"),
    "average-rating-per-genre": per_genre(),
    "languages": sorted(
        counted([row["language"] for row in MOVIES if row["language"]], "language", "movies"),
        key=lambda row: (-row["movies"], row["language"]),
    ),
    "rating-distribution": counted(
        sorted(int(event["value"] * 2 + 0.5) / 2 for event in rated()), "rating", "ratings"
    ),
}
RANKED: tuple[Chart, ...] = ("top-popular", "top-votes", "average-rating-per-genre", "languages")


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/the lake"


@pytest.fixture(params=["file_url", "hdfs_url", "s3_url"])
def lake(request: pytest.FixtureRequest) -> Lake:
    return Lake(request.getfixturevalue(request.param))


@pytest.fixture
def store(lake: Lake) -> Iterator[Interactions]:
    store = open_interactions("duckdb://", lake.url)
    yield store
    store.close()


def fill(lake: Lake, events: list[Row] = EVENTS) -> None:
    lake.append("interactions", pa.Table.from_pylist(events, schema=SCHEMAS["interactions"]), None)


@pytest.fixture
def full(lake: Lake, store: Interactions) -> Interactions:
    fill(lake, EVENTS[:200])
    fill(lake, EVENTS[200:])
    lake.append("movies", pa.Table.from_pylist(MOVIES, schema=SCHEMAS["movies"]), None)
    return store


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_what_the_reference_says(full: Interactions, chart: Chart):
    assert full.chart(chart, 100) == EXPECTED[chart]


@pytest.mark.parametrize("chart", RANKED)
def test_a_ranked_chart_has_at_most_k_rows(full: Interactions, chart: Chart):
    assert full.chart(chart, 2) == EXPECTED[chart][:2]


@pytest.mark.parametrize("chart", CHARTS)
def test_an_empty_lake_gives_empty_charts(lake: Lake, store: Interactions, chart: Chart):
    assert store.chart(chart, 10) == []
    fill(lake, [])
    assert store.chart(chart, 10) == []


def trends(*rows: Row) -> pa.Table:
    return pa.Table.from_pylist([{"window": "1d", "type": "view"} | row for row in rows], SCHEMAS["trending"])


def test_trends_are_those_of_the_table_by_rank(lake: Lake, store: Interactions):
    rating = {"type": "rating", "rank": 1, "movie": "c", "count": 2, "before": 7, "average": 4.5}
    lake.overwrite(
        "trending",
        trends(
            {"rank": 2, "movie": "a", "count": 5, "before": 0},
            {"rank": 1, "movie": "b", "count": 9, "before": 1},
            rating,
            rating | {"window": "7d"},
        ),
    )
    assert store.trending("1d", "view", 9) == [Trend("b", 9, 1, None), Trend("a", 5, 0, None)]
    assert store.trending("1d", "view", 1) == [Trend("b", 9, 1, None)]
    assert store.trending("1d", "rating", 9) == [Trend("c", 2, 7, 4.5)]


def test_an_empty_lake_has_no_trends(store: Interactions):
    assert store.trending("7d", "view", 10) == []


def test_answers_follow_the_lake_through_every_kind_of_change(lake: Lake, store: Interactions):
    def stars() -> int:
        return sum(row["ratings"] for row in store.chart("rating-distribution", 10))

    event = {"type": "rating", "value": 4.0, "movie": "m", "user": "u", "at": UNTIL}
    fill(lake, [event] * 3)
    assert stars() == 3
    for _ in range(12):
        fill(lake, [event | {"user": "v"}])
    assert stars() == 15
    lake.maintain("interactions")
    assert stars() == 15
    lake.delete("interactions", {"user": "u"})
    lake.wipe("interactions")
    assert stars() == 12


def test_an_answer_is_kept_until_the_lake_changes(full: Interactions, monkeypatch: pytest.MonkeyPatch):
    first = full.chart("languages", 5)
    monkeypatch.setattr(type(full), "_fetch", lambda *_: pytest.fail("asked DuckDB again"))
    again = full.chart("languages", 5)
    assert again == first
    again[0].clear()
    assert full.chart("languages", 5) == first


def test_what_there_is_not_is_named(store: Interactions):
    with pytest.raises(StoreError, match=r"no chart 'pie'; there are events-per-minute"):
        store.chart("pie", 5)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="no trend of 'view' over '2h'"):
        store.trending("2h", "view", 5)  # type: ignore[arg-type]
