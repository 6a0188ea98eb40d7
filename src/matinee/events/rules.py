"""Why bytes are no event, in words for people: msgspec's message becomes a field, a value and a rule."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from matinee.errors import EventError
from matinee.events.types import EVENT_TYPES

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises of bytes that it cannot read."""
_TIME = "must be a time such as 2024-05-01T20:15:00Z, or epoch seconds or milliseconds"
_TYPE = f"must be {', '.join(EVENT_TYPES[:-1])} or {EVENT_TYPES[-1]}"
_NAMES = {
    "str": "text",
    "float": "a number",
    "int": "a whole number",
    "array": "a list",
    "object": "an object",
    "date": "a date such as 2024-05-01",
}

# msgspec says where and why in its message: "Expected `float` <= 5.0 - at `$.value`".
_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"contains unknown field `(?P<field>.*)`", re.DOTALL)
_MISSING = re.compile(r"missing required field `(?P<field>.*)`")
_RULES: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (r"Expected `str` of length >= 1$", lambda _: "must not be empty"),
    (r"Expected `str` of length >= (\d+)", lambda m: f"must have at least {m[1]} characters"),
    (r"Expected `str` of length <= (\d+)", lambda m: f"must have at most {m[1]} characters"),
    (r"Expected `array` of length <= (\d+)", lambda m: f"must have at most {m[1]} items"),
    (r"Expected `(?:int|float)` <= (\S+)", lambda m: "must be at most " + m[1].removesuffix(".0")),
    (r"Expected `(?:int|float)` >= (\S+)", lambda m: "must be at least " + m[1].removesuffix(".0")),
    (r"Expected `datetime` with a timezone", lambda _: "must name its time zone, as in 2024-05-01T20:15:00Z"),
    (r"Expected `[^`]*datetime|Invalid RFC3339 encoded datetime", lambda _: _TIME),
    (r"Invalid RFC3339 encoded date", lambda _: "must be " + _NAMES["date"]),
    (r"Expected `(\w+)(?: \| null)?`, got", lambda m: f"must be {_NAMES.get(m[1], m[1])}"),
    (r"Number out of range", lambda _: "must be a number that fits in 64 bits"),
]


def explain(value: bytes, error: Exception) -> EventError:
    """What is wrong with `value`, that made the decoder raise `error`."""
    text = value[:200].decode("utf-8", "replace")
    if unreadable := _unreadable(value, error):
        return EventError("event", text, f"must be JSON in UTF-8 ({unreadable})")
    message = str(error)
    where = _WHERE.search(message)
    path, reason = (where["path"] if where else ""), _WHERE.sub("", message)
    if unknown := _UNKNOWN.search(reason):
        field = ".".join(filter(None, (path, unknown["field"])))
        return EventError(field, _at(value, path, unknown["field"]), "is not a field of this type of event")
    if missing := _MISSING.search(reason):
        return EventError(".".join(filter(None, (path, missing["field"]))), None, "is required")
    if path == "type":
        return EventError("type", _at(value, path), _TYPE)
    return EventError(path or "event", _at(value, path), _rule(reason))


def _unreadable(value: bytes, error: Exception) -> str | None:
    """Why this is no JSON; a decoder that expects an object stops at the first sign of anything else."""
    if not value:
        return "it is empty"
    if not isinstance(error, msgspec.ValidationError):
        return str(error)
    try:
        msgspec.json.decode(value)
    except UNREADABLE as found:
        return str(found)
    return None


def _rule(reason: str) -> str:
    for pattern, rule in _RULES:
        if match := re.match(pattern, reason):
            return rule(match)
    return reason.lower().replace("`", "")


def _at(value: bytes, path: str, *names: str) -> Any:
    """What stands in `value` at a path such as `facts.genres[1]`, and there under `names`."""
    steps = [int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
    try:
        found = json.loads(value)
        for step in (*steps, *names):
            found = found[step]
        return found
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
