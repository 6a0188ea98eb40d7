"""Messages of producers that know nothing of Matinee, for whoever reads the topics."""

from collections.abc import Callable
from datetime import datetime

from matinee.errors import EventError
from matinee.events.codec import decode
from matinee.events.types import Event
from matinee.log.base import moment_of
from matinee.sources.shapes import as_event, as_sent


def read_message(topic: str, value: bytes, appended: int) -> tuple[str, bytes]:
    """The id, empty for none, and the event of a message in `topic` without an id of ours.

    `appended` is in UTC microseconds. What is no valid event stays as it came: `decode_message` says why.
    """
    try:
        event = as_event(topic, value)
        return decode(event, moment_of(appended), lambda: "").id, event
    except EventError:
        return "", value


def decode_message(topic: str, value: bytes, appended: datetime, make_id: Callable[[], str]) -> Event:
    """The event that such a message holds or means. Raises EventError with its own field and value."""
    if not value:
        raise EventError("event", "", "must not be empty, as a null or tombstone is")
    event = as_event(topic, value)
    try:
        return decode(event, appended, make_id)
    except EventError as error:
        raise error if event is value else as_sent(topic, value, error) from error
