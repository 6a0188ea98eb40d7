"""What one user did, in order of time, in forty bytes an event."""

from array import array
from bisect import bisect_right
from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.events.types import USER_EVENT_TYPES, EventType

COLUMN, TYPE, VALUE, AT, ORDINAL = range(5)
"""The places of a row: movie column, index of the type, value or NaN, UTC microseconds, ordinal."""
WIDTH = 5
TYPE_CODES = {type_: code for code, type_ in enumerate(USER_EVENT_TYPES)}

_NEAR = 8
_NO_VALUE = float("nan")
_row = Struct(f"{WIDTH}d").pack


class PastEvent(NamedTuple):
    """One past event of a user."""

    column: int
    type: EventType
    value: float | None
    at: int
    ordinal: int


class UserHistory:
    """The events of one user, sorted by (at, ordinal). Doubles hold every field exactly.

    `rebuilt` counts how often an event landed before an earlier one: whoever folds events in one by one
    must start over when it changes.
    """

    __slots__ = ("number", "rebuilt", "rows")

    def __init__(self, number: int = -1, rows: "array[float] | None" = None) -> None:
        """`number` is the user's in the live state; -1 is nobody's."""
        self.number = number
        self.rows = array("d") if rows is None else rows
        self.rebuilt = 0

    def __len__(self) -> int:
        return len(self.rows) // WIDTH

    def add(self, column: int, type_: EventType, value: float | None, at: int, ordinal: int) -> None:
        """Take one event in, at its place in time; amortised O(1) for one that is the newest."""
        rows = self.rows
        row = _row(column, TYPE_CODES[type_], _NO_VALUE if value is None else value, at, ordinal)
        if not rows or rows[-2] < at or (rows[-2] == at and rows[-1] <= ordinal):
            rows.frombytes(row)
        else:
            place = self._place(float(at), float(ordinal)) * WIDTH
            rows[place:place] = array("d", row)
            self.rebuilt += 1

    def _place(self, at: float, ordinal: float) -> int:
        """How many rows are before an event of this time and ordinal, which is before the newest."""
        rows, place = self.rows, len(self) - 1
        for _ in range(_NEAR):  # nearly always it is late by an event or two
            if place == 0 or (rows[place * WIDTH - 2], rows[place * WIDTH - 1]) <= (at, ordinal):
                return place
            place -= 1
        return bisect_right(range(place), (at, ordinal), key=self._moment)

    def _moment(self, row: int) -> tuple[float, float]:
        return self.rows[row * WIDTH + AT], self.rows[row * WIDTH + ORDINAL]

    def matrix(self, start: int = 0, stop: int | None = None) -> npt.NDArray[np.float64]:
        """The rows from `start` on, up to `stop`, as a fresh array of shape (events, 5)."""
        stop = len(self) if stop is None else stop
        whole = start == 0 and stop == len(self)
        rows = self.rows if whole else self.rows[start * WIDTH : stop * WIDTH]
        return np.array(rows).reshape(-1, WIDTH)

    def said(self, index: int) -> tuple[int, EventType, float | None]:
        """The movie column, the type and the value of the event at `index`."""
        start = index * WIDTH
        column, code, value = self.rows[start : start + AT]
        return int(column), USER_EVENT_TYPES[int(code)], absent_if_nan(value)

    def row(self, index: int) -> PastEvent:
        """The event at `index`, oldest first."""
        column, code, value, at, ordinal = self.rows[index * WIDTH : (index + 1) * WIDTH]
        return PastEvent(
            int(column), USER_EVENT_TYPES[int(code)], absent_if_nan(value), int(at), int(ordinal)
        )


def absent_if_nan(value: float) -> float | None:
    """A row's value as an event has it."""
    return None if value != value else value  # noqa: PLR0124 - only NaN is unlike itself
