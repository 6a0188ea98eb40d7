"""The steps, each against what a reader would do by hand."""

import math
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.events.meaning import strength
from matinee.lake.tables import SCHEMAS
from matinee.log.base import Entry, Record
from matinee.stream.batch import frame
from matinee.stream.enrich import POPULARITY_FULL, VOTES_FULL, enrich, flat
from matinee.stream.parse import parse
from matinee.stream.steps import TableRows, rows_of
from tests.stream import given as draw

APPENDED = datetime(2026, 1, 1, tzinfo=UTC)


def entries_of(records: list[Record], partition: int = 0) -> list[Entry]:
    moment = int(APPENDED.timestamp() * 1e6)
    return [Entry(partition, offset, moment + offset, *each) for offset, each in enumerate(records, 1)]


def rows(*given_: dict[str, Any] | bytes) -> TableRows:
    records = [draw.record_of(each, f"id-{place}") for place, each in enumerate(given_)]
    return rows_of(parse(draw.columns_of(entries_of(records))))


def like(user: str, movie: str = "1") -> dict[str, Any]:
    return {"type": "like", "user": user, "movie": movie}


def test_every_table_has_its_schema_also_when_there_is_nothing():
    made = rows_of(parse(draw.columns_of([])))
    for name in ("events", "rejects", "movies", "interactions"):
        assert getattr(made, name).schema == SCHEMAS[name]
        assert getattr(made, name).num_rows == 0


@given(draw.records)
def test_events_and_interactions_go_together_with_the_strength_of_each(records: list[Record]):
    made = rows_of(parse(draw.columns_of(entries_of(records))))
    told = made.events.to_pylist()
    gone = {(e["user"], e["movie"], round(e["value"] * 1e6)) for e in told if e["type"] == "retract"}
    assert made.interactions["offset"].to_pylist() == [
        e["offset"]
        for e in told
        if e["type"] != "retract" and (e["user"], e["movie"], round(e["at"].timestamp() * 1e6)) not in gone
    ]
    for row in made.interactions.to_pylist():
        assert row["strength"] == pytest.approx(strength(row["type"], row["value"]), abs=1e-6)


def test_the_same_id_counts_once_also_beside_rejects():
    records = [
        draw.record_of(like("ann"), "same"),
        draw.record_of(b"bad", "same"),
        draw.record_of(like("bob"), "same"),
    ]
    made = rows_of(parse(draw.columns_of(entries_of(records))))
    assert made.events["user"].to_pylist() == ["ann"]
    assert made.rejects["value"].to_pylist() == [b"bad"]


# Erasure


def test_an_erasure_takes_what_came_before_and_leaves_what_comes_after():
    made = rows(
        like("ann"), like("bob"), b"broken", {"type": "erase", "user": "ann"}, like("ann", "2"), b"worse"
    )
    assert made.events["offset"].to_pylist() == [2, 5]
    assert made.interactions["offset"].to_pylist() == [2, 5]
    assert made.rejects["offset"].to_pylist() == [6]
    assert made.reach.to_dicts() == [{"value": "ann", "partition": 0, "offset": 4}]


def test_the_last_erasure_of_a_user_counts():
    made = rows({"type": "erase", "user": "ann"}, like("ann"), {"type": "erase", "user": "ann"})
    assert made.events.num_rows == 0
    assert made.reach.to_dicts() == [{"value": "ann", "partition": 0, "offset": 3}]


def placed(*given_: tuple[int, int, int, dict[str, Any] | bytes]) -> pa.RecordBatch:
    """Entries by partition, offset, and the second in which they were appended."""
    moment = int(APPENDED.timestamp() * 1e6)
    return parse(
        draw.columns_of(
            Entry(partition, offset, moment + second, *draw.record_of(each, f"{partition}-{offset}"))
            for partition, offset, second, each in given_
        )
    )


def test_an_erasure_reaches_into_other_partitions_to_what_was_appended_before_it():
    erase = {"type": "erase", "user": "ann"}
    made = rows_of(
        placed((0, 11, 1, like("ann")), (1, 21, 2, erase), (0, 12, 3, like("ann")), (2, 5, 9, b"x"))
    )
    assert made.events["offset"].to_pylist() == [12]
    assert made.rejects["offset"].to_pylist() == [5]
    assert made.reach.to_dicts() == [
        {"value": "ann", "partition": 0, "offset": 11},
        {"value": "ann", "partition": 1, "offset": 21},
    ]


def test_an_erasure_of_an_earlier_batch_reaches_what_was_appended_before_it_and_is_read_late():
    before = rows_of(placed((1, 21, 5, {"type": "erase", "user": "ann"})))
    assert "ann" not in str(before.erasures.to_pylist())
    late = placed(
        (0, 1, 4, like("ann")),
        (0, 2, 4, like("bob")),
        (0, 3, 4, b"of ann"),
        (0, 4, 5, like("ann", "2")),
        (1, 22, 4, like("ann", "3")),
    )
    made = rows_of(late, frame(before.erasures))
    assert made.events["movie"].to_pylist() == ["1", "2", "3"]
    assert made.events["user"].to_pylist() == ["bob", "ann", "ann"]
    assert made.rejects.num_rows == 0


# Movies


def enriched(**facts: Any) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "year": pl.Int32,
        "released": pl.Date,
        "genres": pl.List(pl.String),
        "votes": pl.Int64,
    }
    schema = pl.Schema(columns | {"popularity": pl.Float64})
    return enrich(pl.DataFrame([dict.fromkeys(schema) | facts], schema=schema)).to_dicts()[0]


def test_the_year_follows_from_the_release_unless_it_is_given():
    released = date(1995, 12, 15)
    assert enriched(released=released)["year"] == 1995
    assert enriched(released=released, year=1996)["year"] == 1996
    assert enriched()["year"] is None


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (["Action|Comedy"], ["Action", "Comedy"]),
        (["Drama, Crime", "Drama"], ["Drama", "Crime"]),
        ([" Science Fiction "], ["Science Fiction"]),
        (["(no genres listed)"], []),
        (["", "|"], []),
        ([], []),
        (None, None),
    ],
)
def test_genres_stand_alone(given_: list[str] | None, expected: list[str] | None):
    frame_ = pl.DataFrame({"genres": [given_]}, schema={"genres": pl.List(pl.String)})
    assert frame_.select(flat(pl.col("genres")))["genres"].to_list() == [expected]


@given(st.integers(0, 10**9), st.floats(0, 1e9))
def test_votes_and_popularity_are_on_a_scale_from_0_to_1(votes: int, popularity: float):
    row = enriched(votes=votes, popularity=popularity)
    assert row["votes_score"] == pytest.approx(min(math.log1p(votes) / math.log1p(VOTES_FULL), 1), abs=1e-6)
    expected = min(math.log1p(popularity) / math.log1p(POPULARITY_FULL), 1)
    assert row["popularity_score"] == pytest.approx(expected, abs=1e-6)
    assert enriched()["votes_score"] is None


def test_of_each_fact_the_last_in_the_batch_counts():
    def movie(**facts: Any) -> dict[str, Any]:
        return {"type": "movie", "movie": "1", "facts": facts, "at": APPENDED.isoformat()}

    made = rows(movie(title="Old", votes=1), movie(title="New"), movie(overview="It begins."))
    (row,) = frame(made.movies).to_dicts()
    assert (row["title"], row["votes"], row["offset"]) == ("New", 1, 3)
    assert row["description"] == "New It begins."
    assert row["at"] == APPENDED
