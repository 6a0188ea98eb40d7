"""Bytes to typed columns."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import EventError
from matinee.events.codec import decode, encode
from matinee.events.meaning import kept_value
from matinee.events.types import Event
from matinee.log.base import ENTRIES, Entry, Record
from matinee.stream.batch import PARSED, frame
from matinee.stream.parse import _one_by_one, parse
from tests.stream import given as draw

APPENDED = datetime(2026, 1, 1, tzinfo=UTC)


def entry(value: bytes, offset: int = 1, id_: str = "log-id", appended: datetime = APPENDED) -> Entry:
    return Entry(0, offset, int(appended.timestamp() * 1e6), "movie-likes", "a-key", id_, value)


def parsed(*entries: Entry) -> list[dict[str, Any]]:
    return frame(parse(draw.columns_of(entries))).to_dicts()


def look(value: bytes) -> Event | EventError:
    try:
        return decode(value, APPENDED)
    except EventError as error:
        return error


LIKE = b'{"type":"like","user":"u","movie":"m","id":"own"}'


def test_nothing_parses_to_nothing():
    empty = parse(draw.columns_of([]))
    assert (empty.num_rows, empty.schema) == (0, PARSED)


@given(draw.records)
def test_every_entry_is_the_event_that_the_codec_sees_or_a_reject_with_its_bytes(records: list[Record]):
    entries = [entry(each.value, offset, each.id) for offset, each in enumerate(records, 1)]
    rows = parsed(*entries)
    assert [row["offset"] for row in rows] == [each.offset for each in entries]
    for row, each in zip(rows, entries, strict=True):
        event = look(each.value)
        if isinstance(event, EventError):
            assert (row["accepted"], row["bytes"], row["field"]) == (False, each.value, event.field)
            assert row["reason"] == f"{event.rule}, got {event.value}"
            assert row["type"] is None
        else:
            assert row["accepted"]
            assert row["bytes"] is None
            assert all(row[name] == getattr(event, name) for name in ("id", "type", "user", "movie"))
            assert row["value"] == kept_value(event)
            assert all(row[name] == getattr(event, name) for name in ("text", "at", "source"))


@given(draw.records, st.lists(st.booleans(), min_size=40, max_size=40), st.booleans())
def test_the_quick_way_and_the_slow_one_make_the_same(records: list[Record], quick: list[bool], ids: bool):
    entries = []
    for offset, (each, again) in enumerate(zip(records, quick, strict=False), 1):
        event = look(each.value)
        value = encode(event) if again and isinstance(event, Event) else each.value
        entries.append(entry(value, offset, each.id if ids else ""))
    batch = draw.columns_of(entries)
    assert parse(batch).equals(_one_by_one(batch))
    assert parse(batch.slice(1)).equals(parse(batch).slice(1))


@given(draw.records)
def test_parsing_is_determined_by_the_batch_and_row_by_row(records: list[Record]):
    entries = [entry(each.value, offset, each.id) for offset, each in enumerate(records, 1)]
    whole = parse(draw.columns_of(entries))
    assert whole.schema == PARSED
    assert whole.equals(parse(draw.columns_of(entries)))
    pieces = pa.Table.from_batches([parse(draw.columns_of([each])) for each in entries], PARSED)
    assert pieces.to_pylist() == whole.to_pylist()


def test_the_moment_of_appending_judges_and_fills_in_the_time():
    ahead = (APPENDED + timedelta(days=2)).isoformat()
    value = f'{{"type":"like","user":"u","movie":"m","at":"{ahead}"}}'.encode()
    early, late = parsed(entry(value), entry(value, 2, appended=APPENDED + timedelta(days=3)))
    assert (early["accepted"], early["field"], late["accepted"]) == (False, "at", True)
    (row,) = parsed(entry(LIKE))
    assert row["at"] == APPENDED


@pytest.mark.parametrize(
    ("in_log", "in_value", "expected"),
    [("log-id", "own", "log-id"), ("", "own", "own"), ("", None, "0-7"), ("log-id", None, "log-id")],
)
def test_an_id_is_the_logs_or_the_events_or_the_place(in_log: str, in_value: str | None, expected: str):
    value = LIKE if in_value else LIKE.replace(b',"id":"own"', b"")
    (row,) = parsed(entry(value, 7, in_log))
    assert row["id"] == expected


def test_a_log_without_ids_leaves_them_null():
    plain = encode(look(LIKE))
    columns = draw.columns_of([entry(LIKE), entry(b"nonsense", 2), entry(plain, 3)]).to_pydict()
    rows = frame(parse(pa.RecordBatch.from_pydict(columns | {"id": [None] * 3}, schema=ENTRIES)))
    assert rows["id"].to_list() == ["own", None, "own"]
    alone = pa.RecordBatch.from_pydict(
        draw.columns_of([entry(plain)]).to_pydict() | {"id": [None]}, schema=ENTRIES
    )
    assert parse(alone)["id"].to_pylist() == ["own"]


def test_a_message_without_an_id_is_rejected_as_it_came_with_its_own_field():
    said = b'{"user_id": 7, "movie_id": 3, "created_at": "soon"}'
    plain, ours = parsed(entry(said, id_=""), entry(said, 2))
    assert (plain["bytes"], plain["field"], plain["id"]) == (said, "created_at", None)
    assert plain["reason"].startswith("must be a time such as")
    assert (ours["bytes"], ours["field"], ours["reason"]) == (said, "type", "is required, got null")


def test_lone_surrogates_do_not_stop_the_stream():
    texts = (
        rb'{"type":"review","user":"u","movie":"m","text":"\ud800"}',
        rb'{"type":"like","user":"\udfff","movie":"m"}',
    )
    rows = parsed(*(entry(text, offset) for offset, text in enumerate(texts, 1)), entry(LIKE, 3))
    assert rows[-1]["accepted"]
    assert pl.DataFrame(rows).height == 3


def test_facts_keep_their_types():
    facts = b'{"title":"Heat","genres":["Crime"],"released":"1995-12-15","votes":3}'
    value = b'{"type":"movie","movie":"m","facts":' + facts + b"}"
    rows = parsed(entry(value), entry(LIKE, 2))
    assert rows[0]["facts"]["genres"] == ["Crime"]
    assert str(rows[0]["facts"]["released"]) == "1995-12-15"
    assert rows[0]["facts"]["runtime"] is None
    assert rows[1]["facts"] is None
