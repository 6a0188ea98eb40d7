"""What is kept of a user between two questions: the model's state, and the lists made of it."""

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matinee.events.meaning import strength
from matinee.events.types import USER_EVENT_TYPES
from matinee.models.base import History, Ints
from matinee.serve.history import AT, COLUMN, TYPE, VALUE, UserHistory, absent_if_nan

_LISTS = 2
"""The most lists of one user that are kept until the next event."""


@dataclass
class Warm:
    """The model's state of one user, and the events of the history that are folded into it."""

    state: Any
    columns: "array[int]" = field(default_factory=lambda: array("i"))
    strengths: "array[float]" = field(default_factory=lambda: array("f"))
    at: "array[int]" = field(default_factory=lambda: array("q"))
    places: "array[int]" = field(default_factory=lambda: array("I"))
    """Where in the history each folded event is: events of movies unknown to the model are not among them."""
    looked_at: int = 0
    rebuilt: int = 0
    number: int = -1
    """The number of the user it was made for: who was erased and came back has another."""
    lists: dict[Any, Any] = field(default_factory=dict)
    """What was made of this state, by what was asked for."""
    made_of: tuple[int, ...] = ()
    """Of what the lists were made, besides this state."""

    def history(self) -> History:
        """What the model has of this user."""
        return History(
            np.array(self.columns, np.int32),
            np.array(self.strengths, np.float32),
            np.array(self.at, np.int64),
        )

    def is_of_another(self, past: UserHistory) -> bool:
        """Whether it was made of another history than the beginning of this one."""
        return (self.number, self.rebuilt) != (past.number, past.rebuilt)

    def keep(self, asked: Any, made: Any) -> None:
        """Keep a list until the next event, instead of the oldest when there are many."""
        if len(self.lists) == _LISTS:
            del self.lists[next(iter(self.lists))]
        self.lists[asked] = made

    def look(self, past: UserHistory, from_live: Ints, stop: int) -> None:
        """Note the events of `past` behind those looked at, up to `stop`, of movies known to the model."""
        rows = past.matrix(self.looked_at, stop)
        columns = from_live[rows[:, COLUMN].astype(np.int64)]
        known = np.flatnonzero(columns >= 0)
        said = zip(rows[known, TYPE].tolist(), rows[known, VALUE].tolist(), strict=True)
        self.columns.frombytes(columns[known].tobytes())
        self.strengths.extend(strength(USER_EVENT_TYPES[int(code)], absent_if_nan(v)) for code, v in said)
        self.at.frombytes(rows[known, AT].astype(np.int64).tobytes())
        self.places.frombytes((known + self.looked_at).astype(np.uint32).tobytes())
        self.looked_at = stop
