"""What earlier batches said, as a stream knows it that has just begun."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

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
from tests.stream.contract import Source, erase, like
from tests.stream.given import columns_of

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


def test_an_erasure_goes_once_it_reaches_nothing_more(lake: Lake):
    for offset, moment in ((1, NOW - REMEMBERED - timedelta(seconds=1)), (2, NOW)):
        lake.append("erasures", erasure(offset, moment), Position([offset]))
    lake.append("events", SCHEMAS["events"].empty_table(), Position([2]))
    past = Past(lake, repeats=True)
    past.look()
    past.forget(NOW)
    assert past.erasures["offset"].to_list() == [2]
    assert lake.read("erasures")["offset"].to_list() == [2]
