"""What is a valid event, and how it is said that something is none."""

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matinee.errors import EventError
from matinee.events import codec
from matinee.events.codec import decode, decode_plain, decode_stored, decode_stored_plain, encode, new_id
from matinee.events.meaning import kept_value, of_column
from matinee.events.topics import TOPICS, key
from matinee.events.types import EVENT_TYPES, Event, Facts
from tests.events.strategies import NOW, events, times

LIKE = {"type": "like", "user": "u", "movie": "m"}
RATING = {"type": "rating", "user": "u", "movie": "m", "value": 4}
REVIEW = {"type": "review", "user": "u", "movie": "m", "text": "Good."}
RETRACT = {"type": "retract", "user": "u", "movie": "m", "of": "2024-05-01T11:00:00Z"}
VIEW = {"type": "view", "user": "u", "movie": "m"}
TIME = "must be a time such as 2024-05-01T20:15:00Z, or epoch seconds or milliseconds"
IN_TIME = "must be from 1900 to at most one day ahead"
TYPES = "must be view, like, dislike, rating, review, retract, movie or erase"


def movie(**facts):
    return {"type": "movie", "movie": "m", "facts": facts}


def read(fields) -> Event:
    return decode(json.dumps(fields).encode(), NOW)


def event_or_error(fields) -> Event | EventError:
    try:
        return read(fields)
    except EventError as error:
        return error


def refusal(value: bytes) -> EventError:
    with pytest.raises(EventError) as caught:
        decode(value, NOW)
    return caught.value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
fields = ["id", "user", "movie", "at", "value", "of", "text", "source", "facts"]
plausible = st.sampled_from(
    [
        "u",
        "m",
        "a/b",
        "",
        "\u200b",
        0,
        0.3,
        0.5,
        4,
        5,
        6,
        700_000,
        NOW.isoformat(),
        "2024-01-01T00:00:00+05:00",
        1e12,
    ]
)


@settings(deadline=None)
@given(events)
def test_what_is_encoded_is_decoded(event):
    assert decode(encode(event), NOW) == event


@given(events)
def test_what_is_stored_is_read_as_anything_else_is(event):
    assert decode_stored(encode(event), NOW) == event


@given(st.sampled_from(EVENT_TYPES), st.data())
def test_every_way_of_reading_says_the_same(type_, data):
    given_fields = data.draw(st.dictionaries(st.sampled_from(fields), json_values | plausible))
    value = json.dumps({"id": "i", "type": type_, **given_fields}).encode()
    ways = [outcome(way, value) for way in (decode, decode_stored, wire_only)]
    assert ways[0] == ways[1] == ways[2]


plain = st.fixed_dictionaries(
    {"id": st.just("i"), "type": st.sampled_from(["view", "rating", "like", "dislike"])},
    optional={
        "user": plausible,
        "movie": plausible,
        "at": st.integers(10**11, 5 * 10**12) | plausible,
        "value": plausible,
        "source": plausible,
    },
)


@given(st.lists(plain | st.just({**VIEW, "id": "v", "at": 1_700_000_000_001}), min_size=1, max_size=3))
@example([{**VIEW, "id": "v", "at": 1_714_651_200_000}])
@example([{**VIEW, "id": "v", "at": 1_714_651_200_001}])
@example([{**VIEW, "id": "v", "at": "1899-12-31T23:59:59Z"}])
@example([{**VIEW, "id": "v", "at": 1_700_000_000_001}, LIKE])
def test_many_at_once_are_read_as_one_by_one(many):
    values = [json.dumps(each).encode() for each in many]
    for body, lines in ((b"[" + b",".join(values) + b"]", False), (b"\n".join(values), True)):
        together = decode_plain(body, NOW, lines=lines, most=99)
        assert together is None or together == [decode(value, NOW) for value in values]


@settings(deadline=None)
@given(st.lists(events, min_size=1, max_size=3))
def test_many_stored_are_read_as_one_by_one(many):
    together = decode_stored_plain([encode(each) for each in many], NOW)
    plain_types = {"view", "rating", "like", "dislike"}
    assert together == (many if {each.type for each in many} <= plain_types else None)


@given(st.dictionaries(st.sampled_from(fields), json_values | plausible))
def test_what_else_is_stored_is_read_one_by_one_or_alike(given_fields):
    value = json.dumps({"id": "i", "type": "view", **given_fields}).encode()
    together = decode_stored_plain([value], NOW)
    assert together is None or together == [decode(value, NOW)]


@pytest.mark.parametrize("absent", ["of", "text", "facts"])
def test_a_field_that_is_none_of_the_types_is_refused_as_null_too(absent):
    value = json.dumps(
        {**LIKE, "id": "i", "at": "2024-05-01T20:15:00Z", "value": None, absent: None}
    ).encode()
    for read in (decode, decode_stored):
        with pytest.raises(EventError, match="is not a field of this type"):
            read(value, NOW)
    assert decode_stored_plain([value], NOW) is None


@pytest.mark.parametrize("at", [1_700_000_000_001, "2023-11-14T22:13:20Z"])
def test_plain_ones_are_read_at_once(at):
    many = [{**each, "at": at, "id": "i"} for each in (VIEW, {**VIEW, "value": 0.5}, LIKE, RATING)]
    assert len(decode_plain(json.dumps(many).encode(), NOW, lines=False, most=99) or ()) == 4
    lines = "\n".join(map(json.dumps, many))
    assert len(decode_plain(lines.encode(), NOW, lines=True, most=99) or ()) == 4


ONE = json.dumps({**LIKE, "id": "i", "at": 1_700_000_000_001}).encode()


@pytest.mark.parametrize("body", [ONE + ONE, ONE + b" " + ONE, ONE + ONE.replace(b",", b",\n", 1), ONE[1:]])
def test_of_lines_each_is_an_event(body):
    assert decode_plain(body, NOW, lines=True, most=99) is None
    assert len(decode_plain(b"\n" + ONE + b" \r\n\n" + ONE + b"\n", NOW, lines=True, most=2) or ()) == 2


def test_no_more_than_are_asked_for_are_read_at_once():
    assert decode_plain(b"[" + ONE + b"," + ONE + b"]", NOW, lines=False, most=1) is None


def wire_only(value, now):
    return codec._decode_wire(value, now, new_id)


def outcome(way, value):
    try:
        return way(value, NOW)
    except EventError as error:
        return str(error)


@settings(deadline=None)
@given(events)
def test_every_event_has_a_key(event):
    assert key(event) == (event.movie or event.user if event.type == "movie" else event.user) != ""


def test_every_type_has_a_topic():
    assert set(TOPICS) == set(EVENT_TYPES)


def test_an_absent_id_is_made_and_an_absent_time_is_now():
    event = read(LIKE)
    assert UUID(event.id).version == 7
    assert event == Event(id=event.id, type="like", user="u", movie="m", at=NOW)


@pytest.mark.parametrize(
    "of",
    ["2024-05-01T13:00:00.123456+02:00", "2024-05-01T11:00:00.123456Z", 1714561200.123456, 1714561200123.456],
)
def test_what_is_taken_back_is_told_as_its_time_was(of):
    assert (
        read(RETRACT | {"of": of}).of
        == read(LIKE | {"at": of}).at
        == NOW.replace(hour=11, microsecond=123456)
    )


@given(times)
def test_the_lake_has_what_is_taken_back_to_the_microsecond(of):
    value = kept_value(Event(id="i", type="retract", user="u", movie="m", at=NOW, of=of))
    assert pl.DataFrame({"value": [value]}).select(of_column()).item() == of


def test_new_ids_differ_and_sort_by_time(monkeypatch):
    made = []
    for second in range(100):
        monkeypatch.setattr("time.time_ns", lambda second=second: second * 10**9)
        made.append(new_id())
    assert made == sorted(set(made))
    assert all(UUID(id_).version == 7 and UUID(id_).variant == "specified in RFC 4122" for id_ in made)


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2024-04-30T23:00:00Z", datetime(2024, 4, 30, 23, tzinfo=UTC)),
        ("2024-05-01T01:00:00.123456+02:00", datetime(2024, 4, 30, 23, 0, 0, 123456, tzinfo=UTC)),
        (964982703, datetime(2000, 7, 30, 18, 45, 3, tzinfo=UTC)),
        (964982703.5, datetime(2000, 7, 30, 18, 45, 3, 500000, tzinfo=UTC)),
        (964982703123, datetime(2000, 7, 30, 18, 45, 3, 123000, tzinfo=UTC)),
        (-2_000_000_000, datetime(1906, 8, 16, 20, 26, 40, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2024-05-02T12:00:00Z", NOW + timedelta(days=1)),
    ],
)
def test_times_are_read_in_every_form(at, moment):
    assert read(LIKE | {"at": at}).at == moment


@pytest.mark.parametrize(
    ("fields", "field", "value", "rule"),
    [
        (LIKE | {"type": "love"}, "type", "love", TYPES),
        (LIKE | {"type": 3}, "type", 3, TYPES),
        ({"user": "u"}, "type", None, "is required"),
        ([], "event", [], "must be an object"),
        (3, "event", 3, "must be an object"),
        ({"type": "like", "movie": "m"}, "user", None, "is required"),
        ({"type": "like", "user": "u"}, "movie", None, "is required"),
        (LIKE | {"user": ""}, "user", "", "must not be empty"),
        (LIKE | {"user": 7}, "user", 7, "must be text"),
        (LIKE | {"user": None}, "user", None, "must be text"),
        (LIKE | {"user": "u" * 129}, "user", "u" * 129, "must have at most 128 characters"),
        (LIKE | {"movie": "m" * 129}, "movie", "m" * 129, "must have at most 128 characters"),
        (LIKE | {"id": ""}, "id", "", "must not be empty"),
        (LIKE | {"id": "i" * 129}, "id", "i" * 129, "must have at most 128 characters"),
        (LIKE | {"source": "s" * 129}, "source", "s" * 129, "must have at most 128 characters"),
        (LIKE | {"user": "a\nb"}, "user", "a\nb", "must have only printable characters"),
        (LIKE | {"user": "a/b"}, "user", "a/b", "must have no slash, for it stands in addresses"),
        (LIKE | {"movie": "\0"}, "movie", "\0", "must have only printable characters"),
        (LIKE | {"id": "\u200b"}, "id", "\u200b", "must have only printable characters"),
        (LIKE | {"value": 3}, "value", 3, "is not a field of this type of event"),
        (LIKE | {"a`b": 1}, "a`b", 1, "is not a field of this type of event"),
        (LIKE | {"at": "yesterday"}, "at", "yesterday", TIME),
        (LIKE | {"at": True}, "at", True, TIME),
        (LIKE | {"at": "2024-05-01"}, "at", "2024-05-01", TIME),
        (
            LIKE | {"at": "2024-05-01T10:00:00"},
            "at",
            "2024-05-01T10:00:00",
            "must name its time zone, as in 2024-05-01T20:15:00Z",
        ),
        (LIKE | {"at": "1899-12-31T23:59:59Z"}, "at", None, IN_TIME),
        (LIKE | {"at": "2024-05-02T12:00:01Z"}, "at", None, IN_TIME),
        (LIKE | {"at": "0001-01-01T00:00:00+14:00"}, "at", None, IN_TIME),
        (LIKE | {"at": 1e300}, "at", 1e300, IN_TIME),
        (LIKE | {"at": 10**40}, "at", 10**40, IN_TIME),
        (LIKE | {"at": 32503680000}, "at", 32503680000, IN_TIME),
        (RATING | {"value": 5.5}, "value", 5.5, "must be at most 5"),
        (RATING | {"value": 0.4}, "value", 0.4, "must be at least 0.5"),
        (RATING | {"value": "4"}, "value", "4", "must be a number"),
        ({"type": "rating", "user": "u", "movie": "m"}, "value", None, "is required"),
        (REVIEW | {"value": 0}, "value", 0, "must be at least 0.5"),
        (REVIEW | {"text": ""}, "text", "", "must not be empty"),
        (REVIEW | {"text": "x" * 10_001}, "text", "x" * 10_001, "must have at most 10000 characters"),
        (VIEW | {"value": -0.1}, "value", -0.1, "must be at least 0"),
        (VIEW | {"value": 604_801}, "value", 604_801, "must be at most 604800"),
        ({"type": "movie", "movie": "m"}, "facts", None, "is required"),
        (RETRACT | {"of": None}, "of", None, TIME),
        (RETRACT | {"of": "yesterday"}, "of", "yesterday", TIME),
        (RETRACT | {"of": 1e300}, "of", 1e300, IN_TIME),
        (RETRACT | {"value": 3}, "value", 3, "is not a field of this type of event"),
        (LIKE | {"of": 1e12}, "of", 1e12, "is not a field of this type of event"),
        ({"type": "retract", "user": "u", "movie": "m"}, "of", None, "is required"),
        ({"type": "erase", "user": "u", "movie": "m"}, "movie", "m", "is not a field of this type of event"),
        (movie(yeer=1), "facts.yeer", 1, "is not a field of this type of event"),
        (movie(year=1869), "facts.year", 1869, "must be at least 1870"),
        (movie(year=2201), "facts.year", 2201, "must be at most 2200"),
        (movie(year=1999.5), "facts.year", 1999.5, "must be a whole number"),
        (movie(title=""), "facts.title", "", "must not be empty"),
        (movie(genres=["ok", ""]), "facts.genres[1]", "", "must not be empty"),
        (movie(genres=["g"] * 51), "facts.genres", ["g"] * 51, "must have at most 50 items"),
        (movie(genres="Drama"), "facts.genres", "Drama", "must be a list"),
        (movie(tags=["t" * 101]), "facts.tags[0]", "t" * 101, "must have at most 100 characters"),
        (movie(language="x"), "facts.language", "x", "must have at least 2 characters"),
        (movie(released="2001-02-30"), "facts.released", "2001-02-30", "must be a date such as 2024-05-01"),
        (movie(votes=2**53 + 1), "facts.votes", 2**53 + 1, "must be at most 9007199254740992"),
        (movie(vote_average=10.1), "facts.vote_average", 10.1, "must be at most 10"),
    ],
)
def test_a_broken_rule_is_named_with_its_field_and_value(fields, field, value, rule):
    error = refusal(json.dumps(fields).encode())
    assert (error.field, error.rule) == (field, rule)
    expected = EventError(field, value, rule).value
    assert error.value == expected or (field == "at" and value is None)
    assert str(error) == f"{field}: {rule}, got {error.value}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (VIEW | {"at": "2999-01-01T01:00:00+01:00"}, 'got "2999-01-01T01:00:00+01:00"'),
        (VIEW | {"at": "2999-01-01T00:00:00+00:00"}, 'got "2999-01-01T00:00:00Z"'),
        ({"type": "like", "movie": "m"}, "got null"),
        (VIEW | {"value": True}, "got true"),
        (VIEW | {"user": ["it's", None]}, """got ["it's", null]"""),
        (VIEW | {"user": "a\u202e/b"}, 'got "a\\u202e/b"'),
    ],
)
def test_values_are_shown_as_their_sender_writes_them(value, words):
    assert str(refusal(json.dumps(value).encode())).endswith(words)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"\xff",
        b'{"type":',
        b'{"type":"like","user":"\\ud800"}',
        b"NaN",
        b"null and void",
        b"[1",
        b"5 x",
    ],
)
def test_what_is_no_json_is_said_to_be_none(value):
    error = refusal(value)
    assert error.field == "event"
    assert re.match(r"must be JSON in UTF-8 \(.+\)", error.rule)


@settings(deadline=None)
@given(st.binary())
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'{"type":"movie","movie":"m","facts":' + b"[" * 100_000)
@example(b'{"type":"like","user":"u","movie":"m","at":' + b"9" * 5000 + b"}")
@example(b'{"type":"view","user":"u","movie":"m","value":1e999}')
def test_bytes_raise_nothing_but_an_event_error(value):
    with contextlib.suppress(EventError):
        decode(value, NOW)


@settings(deadline=None)
@given(st.sampled_from(EVENT_TYPES), st.dictionaries(st.sampled_from(fields), json_values))
def test_fields_of_any_value_give_an_event_or_name_a_field(type_, given_fields):
    outcome = event_or_error({"type": type_, **given_fields})
    if isinstance(outcome, EventError):
        assert re.split(r"[.\[]", outcome.field)[0] in {*fields, "event"}
    else:
        assert decode(encode(outcome), NOW) == outcome


def test_facts_keep_what_is_absent_apart_from_what_is_empty():
    event = read(movie(title="Heat", genres=[]))
    assert event.facts == Facts(title="Heat", genres=())
    assert b"overview" not in encode(event)
