"""Bytes to events and back. The one place that says what a valid event is, at the edge and in the stream."""

import json
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from matinee.errors import EventError
from matinee.events.types import Event
from matinee.events.wire import AnyWire

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(days=1)
_SECONDS_BELOW = 1e11
"""An epoch number below this is in seconds (the year 5138), from it on in milliseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_decode = msgspec.json.Decoder(AnyWire).decode
encode = msgspec.json.Encoder().encode
"""The canonical bytes of an event: `decode(encode(event)) == event`."""


def decode(value: bytes | msgspec.Raw, now: datetime) -> Event:
    """The event that `value` holds, complete: an absent id is made, an absent `at` is `now`.

    Raises EventError naming the field, its value and the rule, for anything else than a valid event.
    """
    try:
        wire = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(bytes(value), error) from error
    user, movie = getattr(wire, "user", ""), getattr(wire, "movie", "")
    for field, text in (("id", wire.id), ("user", user), ("movie", movie)):
        if text and not text.isprintable():
            raise EventError(field, text, "must have only printable characters")
    return Event(
        id=wire.id or new_id(),
        type=wire.__struct_config__.tag,
        user=user,
        movie=movie,
        at=_time(wire.at, now),
        value=getattr(wire, "value", None),
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
    if at is None:
        return now
    moment = at.astimezone(UTC) if isinstance(at, datetime) else _from_epoch(at)
    if not EARLIEST <= moment <= now + MOST_AHEAD:
        raise EventError("at", at, "must be from 1900 to at most one day ahead")
    return moment


def _from_epoch(number: float) -> datetime:
    seconds = number if abs(number) < _SECONDS_BELOW else number / 1000
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise EventError("at", number, "must be from 1900 to at most one day ahead") from error


# msgspec says where and why in its message: "Expected `float` <= 5.0 - at `$.value`".
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"contains unknown field `(?P<field>.*)`", re.DOTALL)
_MISSING = re.compile(r"missing required field `(?P<field>.*)`")


def _explain(value: bytes, error: Exception) -> EventError:
    message = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return EventError("event", _text(value), f"must be JSON in UTF-8 ({message})")
    where = _WHERE.search(message)
    path = where["path"] if where else ""
    rule = _WHERE.sub("", message)
    if unknown := _UNKNOWN.search(rule):
        field = ".".join(filter(None, (path, unknown["field"])))
        return EventError(field, _at(value, field), "is not a field of this type of event")
    if missing := _MISSING.search(rule):
        field = ".".join(filter(None, (path, missing["field"])))
        return EventError(field, None, "is required")
    if rule.startswith("Invalid value") and path == "type":
        return EventError(
            "type", _at(value, "type"), "must be view, like, dislike, rating, review, movie or erase"
        )
    return EventError(path or "event", _at(value, path), rule.lower().replace("`", ""))


def _at(value: bytes, path: str) -> Any:
    try:
        found = json.loads(value)
        for name in filter(None, path.replace("[...]", "").split(".")):
            found = found[name]
        return found
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _text(value: bytes) -> str:
    return value[:200].decode("utf-8", "replace")
