"""The quick way against the slow one: the same event of the same bytes, for whatever bytes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.errors import EventError
from matinee.events.codec import decode_stored, encode
from matinee.events.plain import plain
from matinee.events.types import Event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZERO = datetime(1970, 1, 1, tzinfo=UTC)
APPENDED = (NOW - ZERO) // timedelta(microseconds=1)

names = st.one_of(
    st.text(st.sampled_from("aZ09 -_.:,'!~[]{}^"), min_size=1, max_size=8),
    st.text(min_size=1, max_size=4),
    st.sampled_from(
        ["/", '"', "\\", "\n", "é", "e\u0301", "\u200b", "\U0001f600", "\x7f", "\u00a0", "", "null"]
    ),
    st.integers(126, 131).map("n".__mul__),
)
numbers = st.one_of(
    st.sampled_from(
        [
            "0",
            "-0",
            "0.0",
            "-0.0",
            "5",
            "5.0",
            "05",
            ".5",
            "5.",
            "0.5",
            "0.49999999999999999",
            "5.0000000000000001",
            "1e300",
            "4.5e-1",
            "5E0",
            "604800.0",
            "604800",
            "604800.00000000001",
            "604801.0",
            "0.1",
            "0.30000000000000004",
            "2.2250738585072014e-308",
            "NaN",
            "null",
            "true",
        ]
    ),
    st.floats(0, 700_000).map(repr),
    st.floats().map(repr),
    st.decimals(0, 6, places=17).map(str),
)
moments = st.timedeltas(timedelta(days=-46_030), timedelta(days=3)).map(lambda ago: NOW + ago)
instants = st.one_of(
    moments.map(lambda at: at.isoformat().replace("+00:00", "Z")),
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.sampled_from(
        [
            "2000-02-29T00:00:00Z",
            "2001-02-29T00:00:00Z",
            "2000-02-30T00:00:00Z",
            "2000-04-31T00:00:00Z",
            "2000-12-31T23:59:59Z",
            "2000-12-31T23:59:60Z",
            "2000-12-31T24:00:00Z",
            "2000-00-01T00:00:00Z",
            "2000-13-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2000-01-01T00:00:00+00:00",
            "2000-01-01T00:00:00+01:00",
            "2000-01-01T00:00:00-00:00",
            "2000-01-01t00:00:00z",
            "2000-01-01T00:00:00",
            "2000-01-01",
            "00:00:00Z",
            "2000-01-01T00:00Z",
            "1900-01-01T00:00:00Z",
            "1899-12-31T23:59:59.999999Z",
            "2026-01-02T00:00:00Z",
            "2026-01-02T00:00:00.000001Z",
            "2000-01-01T00:00:00.Z",
        ]
    ),
    st.tuples(st.integers(1, 9), st.integers(0, 10**9)).map(
        lambda pair: f"2000-01-01T00:00:00.{pair[1] % 10 ** pair[0]:0{pair[0]}}Z"
    ),
)


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


@st.composite
def nearly_canonical(draw: st.DrawFn) -> bytes:
    """The form, with whatever in its places."""
    type_ = draw(
        st.sampled_from(
            ["view", "like", "dislike", "rating", "review", "retract", "erase", "movie", "Like", ""]
        )
    )
    fields = {
        "id": text(draw(names)),
        "type": text(type_),
        "user": text(draw(names)),
        "movie": text(draw(names)),
        "at": text(draw(instants)),
    }
    if draw(st.booleans()):
        fields["value"] = draw(numbers)
    if draw(st.booleans()):
        fields["source"] = text(draw(names))
    pairs = list(fields.items())
    for _ in range(
        draw(st.sampled_from([0, 0, 0, 1]))
    ):  # a double, an unknown field, a missing one, another order
        pairs = draw(
            st.sampled_from(
                [
                    [*pairs, pairs[0]],
                    [*pairs, ("extra", "1")],
                    pairs[1:],
                    pairs[::-1],
                    [("id", "7"), *pairs[1:]],
                ]
            )
        )
    colon, comma = draw(st.sampled_from([(":", ","), (":", ","), (": ", ","), (":", ", ")]))
    return ("{" + comma.join(f'"{name}"{colon}{value}' for name, value in pairs) + "}").encode(
        "utf-8", "replace"
    )


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One byte of it is another, is gone, or comes before one more."""
    value = draw(nearly_canonical())
    place, byte = draw(st.integers(0, len(value))), draw(st.binary(max_size=1))
    return value[:place] + byte + value[place + draw(st.integers(0, 1)) :]


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """What `encode` writes of a valid event."""
    type_: Any = draw(st.sampled_from(["view", "like", "dislike", "rating"]))
    stars = draw(st.floats(0.5, 5)) if type_ == "rating" else None
    letters = st.text(st.characters(codec="ascii"), min_size=1, max_size=5)
    return encode(
        Event(
            id=draw(letters),
            type=type_,
            user=draw(letters),
            movie=draw(letters),
            at=draw(moments),
            value=draw(st.none() | st.floats(0, 604_800)) if type_ == "view" else stars,
            source=draw(st.none() | letters),
        )
    )


@given(st.lists(st.one_of(nearly_canonical(), mutated(), written(), st.binary(max_size=9)), max_size=12))
@settings(max_examples=400, deadline=None)
def test_what_is_found_plain_is_what_the_slow_way_makes_of_it(values: list[bytes]):
    array = pa.array([b'{"id":"', *values, b'"'], pa.binary()).slice(1, len(values))
    found = plain(array, np.full(len(values), APPENDED))
    rows = list(zip(*(column.to_pylist() for column in found[1:]), strict=True))
    assert len(rows) == len(found.places)
    for place, (id_, type_, user, movie, value, source, at) in zip(found.places, rows, strict=True):
        assert decode_stored(values[place], NOW) == Event(
            id=id_, type=type_, user=user, movie=movie, value=value, source=source, at=at
        )


@given(st.lists(written(), min_size=1, max_size=8))
def test_what_is_written_of_plain_ascii_is_found(values: list[bytes]):
    found = plain(pa.array(values, pa.binary()), np.full(len(values), APPENDED)).places.tolist()
    for place, value in enumerate(values):
        try:
            event = decode_stored(value, NOW)
        except EventError:
            assert place not in found
            continue
        words = event.id + event.user + event.movie + (event.source or "")
        special = not words.isprintable() or '"' in words or "\\" in words
        special |= b"e-" in value.rpartition(b'"value":')[2] or (event.at.month, event.at.day) == (2, 29)
        assert (place in found) == (not special)


@pytest.mark.parametrize("values", [[], [b""], [b"", b""]])
def test_nothing_is_found_in_nothing(values: list[bytes]):
    found = plain(pa.array(values, pa.binary()), np.full(len(values), APPENDED))
    assert [len(column) for column in found] == [0] * 8


def test_a_null_is_not_plain():
    like = b'{"id":"i","type":"like","user":"u","movie":"m","at":"2025-01-01T00:00:00Z"}'
    found = plain(pa.array([None, like, None], pa.binary()), np.full(3, APPENDED))
    assert found.places.tolist() == [1]
    assert (found.user.to_pylist(), found.source.to_pylist()) == (["u"], [None])
