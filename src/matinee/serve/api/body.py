"""Request bodies, split into the events they hold."""

from collections.abc import Sequence

import msgspec

from matinee.errors import EventError
from matinee.events.codec import lines_of
from matinee.events.rules import UNREADABLE
from matinee.serve.api.problems import TooLargeError

MAX_BYTES = 16 * 2**20
"""Of any request; a longer one is refused without being read to its end."""
MAX_EVENTS = 20_000

_array = msgspec.json.Decoder(list[msgspec.Raw])


def split_events(body: bytes, *, lines: bool) -> Sequence[bytes | msgspec.Raw]:
    """The events in a body: one JSON object, a JSON array of them, or with `lines` one on each line.

    Raises EventError for a body that is none of these, TooLargeError for more than `MAX_EVENTS`.
    """
    body = body.strip()
    found: Sequence[bytes | msgspec.Raw]
    if lines:
        found = lines_of(body)
    elif body.startswith(b"["):
        found = _decode_array(body)
    else:
        found = [body] if body else []
    if not found:
        raise EventError("body", "", "must hold an event, an array of events, or one event a line")
    if len(found) > MAX_EVENTS:
        raise TooLargeError(f"{len(found)} events are more than {MAX_EVENTS} at once; send them in parts")
    return found


def _decode_array(body: bytes) -> list[msgspec.Raw]:
    try:
        return _array.decode(body)
    except UNREADABLE as error:
        raise EventError("body", body[:80].decode("utf-8", "replace"), f"must be JSON ({error})") from error
