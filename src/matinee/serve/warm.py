"""What is kept of a user between two questions: the model's state, and the lists made of it."""

from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.events.meaning import strength
from matinee.events.types import USER_EVENT_TYPES
from matinee.models.base import Folded, History, Ints
from matinee.serve.history import AT, COLUMN, TYPE, VALUE, UserHistory, absent_if_nan
from matinee.serve.movies import Movies

_LISTS = 2
"""The most lists of one user that are kept until the next event."""
LONGEST_KEPT = 20
"""The longest list that is kept."""
LISTS_BYTES = 25_000
"""What the kept lists of one user take at most, with reasons, about."""
_MANY = 500
"""With more new events than this it is quicker to make a state anew than to fold them in."""


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

    def may_fold(self, past: UserHistory, stop: int) -> bool:
        """Whether it is of a beginning of `past[:stop]`, and what is missing is quickly folded in."""
        is_of_it = (self.number, self.rebuilt) == (past.number, past.rebuilt)
        return is_of_it and 0 <= stop - self.looked_at <= _MANY

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


class WarmStates:
    """The states of the users seen last, at most `keep` of them."""

    def __init__(self, movies: Movies, keep: int) -> None:
        self._movies = movies
        self._keep = keep
        self._warm: OrderedDict[str, Warm] = OrderedDict()

    def of(self, user: str) -> Warm:
        """The state of `user` with every event folded in, from the warm one where there is one."""
        past = self._movies.live.users.get(user)
        if past is None:
            self._warm.pop(user, None)
            return self.unkept(user)
        warm = self._warm.get(user)
        if warm is not None and warm.may_fold(past, len(past)):
            self._fold(warm, past, len(past))
        else:
            warm = self._warm[user] = self._build(past)
        self._warm.move_to_end(user)
        if len(self._warm) > self._keep:
            self._warm.popitem(last=False)
        return warm

    def unkept(self, user: str) -> Warm:
        """The state of `user`, made anew; nothing is kept, so that several threads may ask at a time."""
        return self._build(self._movies.live.users.get(user) or UserHistory())

    def after(self, user: str, past: UserHistory, wanted: npt.NDArray[np.bool_]) -> Warm:
        """The state after the wanted events of `past`: the warm one if that is not beyond them, or a new one.

        A new one is not kept.
        """
        count = int(np.count_nonzero(wanted))
        warm = self._warm.get(user)
        if warm is None or not warm.may_fold(past, count) or not wanted[:count].all():
            return self._build(UserHistory(rows=array("d", past.matrix()[wanted].tobytes())))
        self._fold(warm, past, count)
        return warm

    def history(self, past: UserHistory) -> History:
        """What the model has of a user who did `past`; nothing is kept."""
        return self._looked(past).history()

    def forget(self) -> None:
        """Drop the states of who is gone from the live state."""
        users = self._movies.live.users
        self._warm = OrderedDict((user, warm) for user, warm in self._warm.items() if user in users)

    def clear(self) -> None:
        """Drop all states."""
        self._warm.clear()

    def _fold(self, warm: Warm, past: UserHistory, stop: int) -> None:
        """Fold in the events of `past` up to `stop` that are not yet in `warm`."""
        if warm.looked_at == stop:
            return
        warm.lists.clear()
        folded = len(warm.columns)
        warm.look(past, self._movies.from_live, stop)
        for event in zip(warm.columns[folded:], warm.strengths[folded:], warm.at[folded:], strict=True):
            warm.state = self._movies.model.fold_in(warm.state, Folded(*event))

    def _build(self, past: UserHistory) -> Warm:
        warm = self._looked(past)
        warm.state = self._movies.model.state(warm.history())
        return warm

    def _looked(self, past: UserHistory) -> Warm:
        """All events of `past` noted, and no state yet."""
        warm = Warm(None, rebuilt=past.rebuilt, number=past.number)
        warm.look(past, self._movies.from_live, len(past))
        return warm
