"""Bytes to events and back. The one place that says what a valid event is, at the edge and in the stream."""

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from matinee.errors import EventError
from matinee.events.rules import UNREADABLE, explain
from matinee.events.types import Event
from matinee.events.wire import LEAST_STARS, MOST_STARS, MOST_WATCHED, AnyWire, Common, Typed

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(days=1)
_SECONDS_BELOW = 1e11
"""An epoch number below this is in seconds (the year 5138), from it on in milliseconds."""
_FAR_MILLISECONDS = 4e12
"""Further than any event may be ahead for a century (2096), and still exact as a double of seconds."""
_IN_TIME = "must be from 1900 to at most one day ahead"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_decode_stored = msgspec.json.Decoder(Event).decode
_decode_common = msgspec.json.Decoder(Common).decode
_decode_array = msgspec.json.Decoder(list[Common]).decode
_decode_type = msgspec.json.Decoder(Typed).decode
_decode_any = msgspec.json.Decoder(AnyWire).decode
_NULL = b"null"
"""`encode` writes none; where others do, what it stands for need not be a field of the type."""
encode = msgspec.json.Encoder().encode
"""The canonical bytes of an event: `decode(encode(event)) == event`."""


def decode(value: bytes | msgspec.Raw, now: datetime, make_id: Callable[[], str] | None = None) -> Event:
    """The event that `value` holds, complete: an absent id is made, an absent `at` is `now`.

    `make_id` is called for an absent id; by default `new_id`.

    Raises EventError naming the field, its value and the rule, for anything else than a valid event.
    """
    try:
        common = _decode_common(value)
    except UNREADABLE:
        return _decode_wire(value, now, make_id or new_id)
    if not _is_plain(common):
        return _decode_wire(value, now, make_id or new_id)
    return Event(
        id=common.id or (make_id or new_id)(),
        type=common.type,
        user=common.user,
        movie=common.movie,
        at=_time(common.at, now),
        value=common.value,
        source=common.source,
    )


def decode_plain(body: bytes, now: datetime, *, lines: bool, most: int) -> list[Event] | None:
    """The events in a JSON array, or one a line, in a third of the time that `decode` takes for each.

    Only if they are no more than `most`, and all are plain views, ratings, likes and dislikes that bring an
    id, and a time, all in epoch milliseconds or all in RFC 3339: then these are what `decode` gives. None
    says nothing: decode one by one.
    """
    try:
        found = [*map(_decode_common, lines_of(body))] if lines else _decode_array(body)
    except UNREADABLE:
        return None
    if len(found) > most:
        return None
    ids = [each.id for each in found if each.id]
    times = _plain_times([each.at for each in found])
    if len(ids) < len(found) or times is None or not _are_plain(found, ids, times, now):
        return None
    return [
        Event(
            id=id_, type=each.type, user=each.user, movie=each.movie, at=at, value=each.value,
            source=each.source,
        )
        for id_, each, at in zip(ids, found, times, strict=True)
    ]  # fmt: skip


def lines_of(body: bytes) -> list[bytes]:
    """The lines of NDJSON, without those that are empty."""
    return [line for line in body.split(b"\n") if line.strip()]


def decode_stored_plain(values: Sequence[bytes], now: datetime) -> list[Event] | None:
    """The same as `decode_stored` of each, and quicker: only if all are plain, else None."""
    if _NULL in b"".join(values):
        return None
    try:
        found = [*map(_decode_stored, values)]
    except UNREADABLE:
        return None
    ids, times = [event.id for event in found], [event.at for event in found]
    bare = all(
        event.text is None and event.facts is None and event.of is None and event.at.tzinfo is UTC
        for event in found
    )
    return found if bare and _are_plain(found, ids, times, now) else None


def decode_stored(value: bytes, now: datetime) -> Event:
    """The same as `decode`, quickest for what `encode` wrote, as nearly everything in a log is."""
    if _NULL in value:
        return decode(value, now)
    try:
        event = _decode_stored(value)
    except UNREADABLE:
        return decode(value, now)
    if event.text is not None or event.facts is not None or event.of is not None:
        return _decode_wire(value, now, new_id)
    if _is_plain(event) and event.at.tzinfo is UTC and EARLIEST <= event.at <= now + MOST_AHEAD:
        return event
    return decode(value, now)


def is_erasure(value: bytes) -> bool:
    """Whether this is an event of the type `erase`; no more is looked at."""
    try:
        return _decode_type(value).type == "erase"
    except UNREADABLE:
        return False


def _are_plain(found: Sequence[Common | Event], ids: list[str], times: list[datetime], now: datetime) -> bool:
    """Whether all of these are as `_is_plain` says, at times that events may have; not of none."""
    users, movies = [each.user for each in found], [each.movie for each in found]
    names = "".join(users + movies)
    return (
        "/" not in names
        and (names + "".join(ids)).isprintable()
        and all(users)
        and all(movies)
        and all(map(_has_fit_value, found))
        and bool(times)
        and min(times) >= EARLIEST
        and max(times) <= now + MOST_AHEAD
    )


def _is_plain(event: Common | Event) -> bool:
    """Whether this is a valid view, rating, like or dislike as most are, told in one look.

    May say no of a valid event, never yes of another; what the declared limits say has been checked.
    """
    if not _has_fit_value(event):
        return False
    names = event.user + event.movie
    if "/" in names or not event.user or not event.movie:
        return False
    return names.isprintable() and (event.id is None or event.id.isprintable())


def _has_fit_value(event: Common | Event) -> bool:
    type_, value = event.type, event.value
    if type_ == "view":
        return value is None or 0 <= value <= MOST_WATCHED
    if type_ == "rating":
        return value is not None and LEAST_STARS <= value <= MOST_STARS
    return value is None and type_ in ("like", "dislike")


def _decode_wire(value: bytes | msgspec.Raw, now: datetime, make_id: Callable[[], str]) -> Event:
    try:
        wire = _decode_any(value)
    except UNREADABLE as error:
        raise explain(bytes(value), error) from error
    user, movie, of = getattr(wire, "user", ""), getattr(wire, "movie", ""), getattr(wire, "of", None)
    for field, text in (("id", wire.id), ("user", user), ("movie", movie)):
        if text and not text.isprintable():
            raise EventError(field, text, "must have only printable characters")
        if text and field != "id" and "/" in text:
            raise EventError(field, text, "must have no slash, for it stands in addresses")
    return Event(
        id=wire.id or make_id(),
        type=wire.__struct_config__.tag,
        user=user,
        movie=movie,
        at=_time(wire.at, now),
        value=getattr(wire, "value", None),
        of=None if of is None else _moment("of", of, now),
        text=getattr(wire, "text", None),
        source=wire.source,
        facts=getattr(wire, "facts", None),
    )


def new_id() -> str:
    """A new event id: a UUID of version 7 (RFC 9562), so that ids made later sort later."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    bits = bits & ~(0x3 << 62) | (0x2 << 62)
    return str(UUID(int=bits))


def _time(at: datetime | float | None, now: datetime) -> datetime:
    return now if at is None else _moment("at", at, now)


def _moment(field: str, at: datetime | float, now: datetime) -> datetime:
    try:
        if not isinstance(at, datetime):
            moment = _from_epoch(at)
        else:
            moment = at if at.tzinfo is UTC else at.astimezone(UTC)
    except OverflowError as error:
        raise EventError(field, at, _IN_TIME) from error
    if not EARLIEST <= moment <= now + MOST_AHEAD:
        raise EventError(field, at, _IN_TIME)
    return moment


def _plain_times(ats: list[Any]) -> list[datetime] | None:
    """The moments of epoch milliseconds, or of RFC 3339 in UTC; None where one is of another form."""
    kinds = set(map(type, ats))
    if kinds == {int} and min(ats) >= _SECONDS_BELOW and max(ats) < _FAR_MILLISECONDS:
        return [datetime.fromtimestamp(at / 1000, UTC) for at in ats]  # exact: within a quarter microsecond
    if kinds == {datetime} and all(at.tzinfo is UTC for at in ats):
        return ats
    return None


def _from_epoch(number: float) -> datetime:
    return _EPOCH + timedelta(seconds=number if abs(number) < _SECONDS_BELOW else number / 1000)
