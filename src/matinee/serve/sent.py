"""What this process sent to the log, until it comes back: known again quicker than it is read."""

from collections.abc import Sequence
from itertools import islice

from matinee.events.types import Event

_MOST = 32_768
"""So many wait at most; of the rest, and of what never comes back, nothing is lost but time."""


class Sent:
    """Events by the bytes that they are in the log. Safe for one thread that notes and one that takes."""

    def __init__(self) -> None:
        self._events: dict[bytes, Event] = {}

    def note(self, values: Sequence[bytes], events: Sequence[Event]) -> None:
        """Keep these events, of which `values` are the bytes, in place of the oldest."""
        self._events.update(zip(values, events, strict=True))
        surplus = len(self._events) - _MOST
        for value in list(islice(self._events, max(surplus, 0))):
            self._events.pop(value, None)

    def back(self, values: Sequence[bytes]) -> list[Event | None]:
        """The event of each, which is kept no longer; None of what is not here."""
        return [self._events.pop(value, None) for value in values] if self._events else [None] * len(values)
