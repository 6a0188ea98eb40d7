"""How often each movie was viewed, liked, rated, …, and the sum of its ratings."""

import numpy as np
import numpy.typing as npt

from matinee.events.types import USER_EVENT_TYPES, EventType
from matinee.serve.history import COLUMN, TYPE, TYPE_CODES, VALUE

_WIDTH = len(USER_EVENT_TYPES) + 1
_RATING = TYPE_CODES["rating"]


class Tallies:
    """For each movie column, the number of events of each user event type, then the sum of its ratings."""

    def __init__(self) -> None:
        self._rows = np.zeros((0, _WIDTH))

    def of(self, column: int) -> list[float]:
        """Those of one movie; zeros where nothing of it was counted yet."""
        return self._rows[column].tolist() if column < len(self._rows) else [0.0] * _WIDTH

    def totals(self) -> dict[EventType, int]:
        """How many events of each type all movies have. Any thread may ask."""
        sums = self._rows[:, :-1].sum(axis=0).astype(int)
        return dict(zip(USER_EVENT_TYPES, sums.tolist(), strict=True))

    def add(self, column: int, code: int, value: float | None, times: int) -> None:
        """Count an event of the type with this code so many times, negative to take it back."""
        self._fit(column)
        self._rows[column, code] += times
        if code == _RATING and value is not None:
            self._rows[column, -1] += times * value

    def add_rows(self, rows: npt.NDArray[np.float64]) -> None:
        """Count many events once each, given as a history has them: shape (events, WIDTH)."""
        columns, codes = rows[:, COLUMN].astype(np.int64), rows[:, TYPE].astype(np.int64)
        self._fit(int(columns.max(initial=0)))
        flat = self._rows.reshape(-1)
        np.add.at(flat, columns * _WIDTH + codes, 1.0)
        rated = codes == _RATING
        np.add.at(flat, columns[rated] * _WIDTH + _WIDTH - 1, rows[rated, VALUE])

    def _fit(self, column: int) -> None:
        if column >= len(self._rows):
            grown = np.zeros((max(2 * column, 1024), _WIDTH))
            grown[: len(self._rows)] = self._rows
            self._rows = grown
