"""Trends and charts from the lake, against references in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

import pyarrow as pa
import pytest

from matinee.errors import StoreError
from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.stores.interactions import open_interactions
from matinee.stores.interactions.base import CHARTS, RANKED, Chart, Interactions, MovieFilter, Trend

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


def reach(found: list[float]) -> float:
    return 1.96 * stdev(found) / sqrt(len(found))


def over_time() -> list[Row]:
    """The events reach back some weeks, so that a period is a day."""
    days = defaultdict(list)
    for event in EVENTS:
        days[event["at"].replace(hour=0, minute=0, second=0, microsecond=0)].append(event)
    first = min(days)
    rows = []
    for day in (first + timedelta(days=n) for n in range((max(days) - first).days + 1)):
        values = [event["value"] for event in days[day] if event in rated()]
        likes = sum(event["type"] == "like" for event in days[day])
        rows.append(
            {"start": f"{day:%Y-%m-%dT%H:%M:%SZ}", "events": len(days[day]), "likes": likes}
            | {"average": pytest.approx(fmean(values)) if values else None}
        )
    return rows


def tastes() -> list[Row]:
    genres = {row["movie"]: row["genres"] or [] for row in MOVIES}
    shares: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    sizes: dict[str, float] = defaultdict(float)
    for event in EVENTS:
        for genre in genres.get(event["movie"], []):
            part = 1 / len(genres[event["movie"]])
            shares[f"{event['at']:%Y-%m-%dT00:00:00Z}"][genre] += part
            sizes[genre] += part
    return [
        {"start": start, "genre": genre, "share": pytest.approx(found[genre] / sum(found.values()))}
        for start, found in sorted(shares.items())
        for genre in sorted(sizes, key=lambda genre: -sizes[genre])
    ]


def long_tail() -> list[Row]:
    counts = sorted(Counter(event["movie"] for event in EVENTS).values(), reverse=True)
    return [
        {"rank": rank, "share": pytest.approx(sum(counts[:rank]) / len(EVENTS)), "movies": len(counts)}
        for rank in range(1, len(counts) + 1)
    ]


def per_genre() -> list[Row]:
    genres, values = {row["movie"]: row["genres"] or [] for row in MOVIES}, defaultdict(list)
    for event in rated():
        for genre in genres.get(event["movie"], []):
            values[genre].append(event["value"])
    rows = [
        {"genre": genre, "average": pytest.approx(fmean(found)), "ratings": len(found)}
        | {end: pytest.approx(fmean(found) + sign * reach(found)) for end, sign in (("low", -1), ("high", 1))}
        for genre, found in values.items()
    ]
    return sorted(rows, key=lambda row: -row["average"].expected)


def counted(values: list[Any], name: str, what: str) -> list[Row]:
    return [{name: value, what: count} for value, count in Counter(values).items()]


EXPECTED: dict[Chart, list[Row]] = {
    "events-per-minute": [
        all_ | likes
        for all_, likes in zip(
            minutes("events", lambda _: True),
            minutes("likes", lambda event: event["type"] == "like"),
            strict=True,
        )
    ],
    "events-over-time": over_time(),
    "taste-over-time": tastes(),
    "long-tail": long_tail(),
    "genres": sorted(
        counted([genre for row in MOVIES for genre in row["genres"] or []], "genre", "movies"),
        key=lambda row: (-row["movies"], row["genre"]),
    ),
    "rejects": [
        {"field": "value", "reason": "must be at most 5", "rejects": 2, "last": "2026-01-15T12:30:40Z"},
        {"field": "event", "reason": "must be JSON in UTF-8", "rejects": 1, "last": "2026-01-15T12:30:40Z"},
    ],
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
REJECTS: list[Row] = [
    {"field": "value", "reason": f"must be at most 5, got {value}", "value": text, "appended": UNTIL}
    for value, text in (("6", b'{"movie": "m1", "value": 6}'), ("9, got it", b'{"movie": "m2"}'))
] + [{"field": "event", "reason": "must be JSON in UTF-8 (byte 2)", "value": b"\xff{", "appended": UNTIL}]


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
    lake.append("rejects", pa.Table.from_pylist(REJECTS, schema=SCHEMAS["rejects"]), None)
    return store


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_what_the_reference_says(full: Interactions, chart: Chart):
    assert full.chart(chart, 100) == EXPECTED[chart]


@pytest.mark.parametrize("chart", sorted(RANKED))
def test_a_ranked_chart_has_at_most_k_rows(full: Interactions, chart: Chart):
    assert full.chart(chart, 2) == EXPECTED[chart][:2]


def test_every_chart_is_of_the_movies_asked_for(full: Interactions):
    one = MovieFilter(movie="m1")
    [known] = [row for row in MOVIES if row["movie"] == "m1"]
    events = [event for event in EVENTS if event["movie"] == "m1"]
    assert sum(row["events"] for row in full.chart("events-over-time", 9, one)) == len(events)
    assert full.chart("long-tail", 9, one) == [{"rank": 1, "share": 1.0, "movies": 1}]
    [reject] = full.chart("rejects", 9, one)
    assert (reject["field"], reject["rejects"]) == ("value", 1)
    assert full.chart("genres", 9, MovieFilter(genre="CRIME"))[0]["genre"] == "Crime"
    assert {
        row["year"] for row in full.chart("movies-by-release-date", 9, MovieFilter(years=(1999, 2001)))
    } == {row["year"] for row in MOVIES if row["year"] in (1999, 2001)}
    assert [row["language"] for row in full.chart("languages", 9, MovieFilter(language="fr"))] == ["fr"]
    own = MovieFilter("m1", years=(known["year"], known["year"]) if known["year"] else None)
    assert full.chart("rating-distribution", 9, own) == full.chart("rating-distribution", 9, one)
    for chart in CHARTS:
        assert full.chart(chart, 9, MovieFilter(genre="x' OR true --")) == []


def test_a_period_is_as_wide_as_it_must_be_and_there_is_one_for_every_moment(lake: Lake, store: Interactions):
    event = {"type": "like", "movie": "m", "at": UNTIL}
    fill(lake, [event])
    assert store.chart("events-over-time", 9) == [
        {"start": "2026-01-15T12:30:00Z", "events": 1, "likes": 1, "average": None}
    ]
    for age, number, first in (
        (timedelta(hours=2), 3, "2026-01-15T10:00:00Z"),
        (timedelta(days=100), 15, "2025-10-06T00:00:00Z"),
        (timedelta(days=800), 27, "2023-11-01T00:00:00Z"),
        (timedelta(days=4000), 45, "2015-01-01T00:00:00Z"),
        (timedelta(days=7000), 21, "2006-01-01T00:00:00Z"),
        (timedelta(days=126 * 365), 13, "1900-01-01T00:00:00Z"),
    ):
        fill(lake, [event | {"at": UNTIL - age}])
        rows = store.chart("events-over-time", 9)
        assert (len(rows), rows[0]["start"], rows[0]["events"] > 0) == (number, first, True)


@pytest.mark.parametrize("chart", CHARTS)
def test_an_empty_lake_gives_empty_charts(lake: Lake, store: Interactions, chart: Chart):
    assert store.chart(chart, 10) == []
    fill(lake, [])
    assert store.chart(chart, 10) == []


def trends(*rows: Row) -> pa.Table:
    return pa.Table.from_pylist(
        [{"window": "1d", "type": "view", "until": UNTIL} | row for row in rows], SCHEMAS["trending"]
    )


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
    none = (0,) * 20
    assert store.trending("1d", "view", 9) == [Trend("b", 9, 1, None, none), Trend("a", 5, 0, None, none)]
    assert store.trending("1d", "view", 1) == [Trend("b", 9, 1, None, none)]
    assert store.trending("1d", "rating", 9) == [Trend("c", 2, 7, 4.5, none)]


def test_the_series_of_a_trend_are_its_events_over_the_window(lake: Lake, store: Interactions):
    lake.overwrite("trending", trends({"rank": 1, "movie": "b", "count": 4, "before": 1}))
    part, moment = timedelta(days=1) / 20, timedelta(microseconds=1)
    ages = [-moment, timedelta(0), part - moment, part, 20 * part - moment, 20 * part]
    fill(lake, [{"type": "view", "movie": "b", "at": UNTIL - age} for age in ages])
    fill(lake, [{"type": "like", "movie": "b", "at": UNTIL}, {"type": "view", "movie": "x", "at": UNTIL}])
    [trend] = store.trending("1d", "view", 9)
    assert trend.series == (1, *[0] * 17, 1, 2)


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
