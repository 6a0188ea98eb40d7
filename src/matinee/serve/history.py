"""What one user did, in order of time, in forty bytes an event."""

from array import array
from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.events.types import USER_EVENT_TYPES, EventType

COLUMN, TYPE, VALUE, AT, ORDINAL = range(5)
"""The places of a row: movie column, index of the type, value or NaN, UTC microseconds, ordinal."""
WIDTH = 5
ROW_BYTES = 8 * WIDTH
TYPE_CODES = {type_: code for code, type_ in enumerate(USER_EVENT_TYPES)}

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

    `rebuilt` changes when an event landed before one that was seen, or was taken out: whoever folds events
    in one by one must start over then.
    """

    __slots__ = ("_late", "_rows", "number", "rebuilt")

    def __init__(self, number: int = -1, rows: "array[float] | None" = None) -> None:
        """`number` is the user's in the live state; -1 is nobody's."""
        self.number = number
        self.rebuilt = 0
        self._rows = array("d") if rows is None else rows
        self._late = False

    def __len__(self) -> int:
        return len(self._rows) // WIDTH

    def add(self, column: int, type_: EventType, value: float | None, at: int, ordinal: int) -> None:
        """Take one event in, in O(1); it is put at its place in time when somebody looks."""
        row = _row(column, TYPE_CODES[type_], _NO_VALUE if value is None else value, at, ordinal)
        self.add_row(row, at, ordinal)

    def add_row(self, row: bytes, at: float, ordinal: int) -> None:
        """The same of a packed row, WIDTH doubles; its last two are told too, to save a look."""
        rows = self._rows
        if not self._late and rows and (rows[-2] > at or (rows[-2] == at and rows[-1] > ordinal)):
            self._late = True
            self.rebuilt += 1
        rows.frombytes(row)

    def remove(self, column: int, at: int) -> list[PastEvent]:
        """Take out all events at this movie of this moment, and return them."""
        rows = np.frombuffer(self.rows).reshape(-1, WIDTH)
        places = np.flatnonzero((rows[:, COLUMN] == column) & (rows[:, AT] == at)).tolist()
        gone = [self.row(place) for place in places]
        if gone:
            self._rows = array("d", np.delete(rows, places, axis=0).tobytes())
            self.rebuilt += 1
        return gone

    @property
    def rows(self) -> "array[float]":
        """One after the other, oldest first."""
        if self._late:
            rows = np.frombuffer(self._rows).reshape(-1, WIDTH)
            order = np.lexsort((rows[:, ORDINAL], rows[:, AT]))
            self._rows = array("d", rows[order].tobytes())
            self._late = False
        return self._rows

    def matrix(self, start: int = 0, stop: int | None = None) -> npt.NDArray[np.float64]:
        """The rows from `start` on, up to `stop`, as a fresh array of shape (events, 5)."""
        stop = len(self) if stop is None else stop
        whole = start == 0 and stop == len(self)
        rows = self.rows if whole else self.rows[start * WIDTH : stop * WIDTH]
        return np.array(rows).reshape(-1, WIDTH)

    def places(self, column: int) -> list[int]:
        """Where the events at one movie are, oldest first."""
        places: list[int] = np.flatnonzero(self.matrix()[:, COLUMN] == column).tolist()
        return places

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
