"""Messages of producers that know nothing of Matinee, for whoever reads the topics."""

import msgspec

from matinee.sources.shapes import as_event


class _Own(msgspec.Struct):
    """What is looked for in an event of another producer."""

    id: str = ""


_decode_own = msgspec.json.Decoder(_Own).decode


def read_plain(topic: str, value: bytes) -> tuple[str, bytes]:
    """The id, empty for none, and the event of a message in `topic` without an id of ours."""
    event = as_event(topic, value)
    try:
        return _decode_own(event).id, event
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", event
