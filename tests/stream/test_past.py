"""What earlier batches said, as a stream knows it that has just begun."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.log.base import Entry, Position
from matinee.stream.batch import frame
from matinee.stream.local import LocalStream
from matinee.stream.parse import parse
from matinee.stream.past import REMEMBERED, Past
from matinee.stream.retractions import NONE
from matinee.stream.steps import rows_of
from tests.stream.given import columns_of
from tests.stream.story import Source, erase, like, rating, retract

NOW = datetime.now(UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(f"file://{tmp_path}/lake")


def erasure(offset: int, appended: datetime) -> pa.Table:
    row = {"partition": 0, "offset": offset, "id": f"e{offset}", "who": b"digest", "appended": appended}
    return pa.Table.from_pylist([row], schema=SCHEMAS["erasures"])


def fresh_ids(past: Past, *ids: str) -> list[str]:
    batch = columns_of(
        Entry(0, 9, 10**15, "movie-likes", "ann", each, b'{"type":"like","user":"ann","movie":"1"}')
        for each in ids
    )
    rows, _ = past.fresh(frame(parse(batch)))
    return rows["id"].to_list()


def test_a_new_past_knows_every_id_in_the_lake(lake: Lake):
    source = Source()
    for number in range(3):
        source.entry("movie-likes", like("ann", str(number)), f"id-{number}", second=number)
    source.entry("movie-stream", erase("bob"), "erased", second=9)
    LocalStream(source.memory, lake).drain()
    past = Past(lake, repeats=True)
    assert past.look() == source.memory.end()
    assert fresh_ids(past, "id-0", "new", "id-2", "erased") == ["new"]


def test_of_a_log_that_repeats_no_ids_none_are_kept(lake: Lake):
    past = Past(lake, repeats=False)
    past.take(Position([1]), b"", SCHEMAS["erasures"].empty_table(), NONE)
    assert fresh_ids(past, "a", "a") == ["a", "a"]


def test_what_was_cut_off_is_news(lake: Lake):
    lake.append("erasures", erasure(2, NOW), Position([2]))
    lake.append("events", SCHEMAS["events"].empty_table(), Position([1]))
    past = Past(lake, repeats=True)
    past.look()
    assert past.erasures.is_empty()
    assert fresh_ids(past, "e2") == ["e2"]


def test_another_streams_commit_is_learned(lake: Lake):
    past = Past(lake, repeats=True)
    past.look()
    source = Source()
    source.entry("movie-likes", like("ann"), "theirs", second=1)
    LocalStream(source.memory, lake).drain()
    past.look()
    assert fresh_ids(past, "theirs", "new") == ["new"]


def test_what_another_stream_added_unknowing_is_taken_back(lake: Lake):
    source = Source()
    source.entry("movie-likes", retract("ann"), second=1)
    source.entry("movielens_ratings", rating("bob"), second=1)
    stream = LocalStream(source.memory, lake)
    stream.drain()
    late = source.entry("movielens_ratings", rating("ann"), second=2)
    rows = rows_of(parse(columns_of([late])))  # by who had not yet read of the retraction
    for table, added in (("interactions", rows.interactions), ("events", rows.events)):
        lake.append(table, added, source.memory.end())  # type: ignore[arg-type]
    assert lake.read("interactions").height == 2
    source.entry("movie-likes", like("cy"), second=3)
    stream.drain()
    assert sorted(lake.read("interactions")["user"]) == ["bob", "cy"]


def test_deleted_is_only_what_is_there(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    source, deleted = Source(), list[str]()
    honest = Lake._delete

    def delete(lake: Lake, table: Any, *given: Any) -> int:
        deleted.append(table)
        return honest(lake, table, *given)

    monkeypatch.setattr(Lake, "_delete", delete)
    source.entry("movie-likes", retract("ann"), second=1)
    source.entry("movie-likes", like("ann"), second=2)
    source.entry("movie-likes", like("ann", "2"), second=2)
    stream = LocalStream(source.memory, lake)
    stream.drain()
    source.entry("movie-likes", retract("bob", "2"), second=3)
    stream.drain()
    assert deleted == []
    source.entry("movie-likes", retract("ann", "2"), second=3)
    stream.drain()
    assert deleted == ["interactions"]
    assert lake.read("interactions").is_empty()


def test_an_erasure_goes_once_it_reaches_nothing_more(lake: Lake):
    for offset, moment in ((1, NOW - REMEMBERED - timedelta(seconds=1)), (2, NOW)):
        lake.append("erasures", erasure(offset, moment), Position([offset]))
    lake.append("events", SCHEMAS["events"].empty_table(), Position([2]))
    past = Past(lake, repeats=True)
    past.look()
    past.forget(NOW)
    assert past.erasures["offset"].to_list() == [2]
    assert lake.read("erasures")["offset"].to_list() == [2]
