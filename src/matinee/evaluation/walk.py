"""A walk through the lives of users: at every target, what a model knows just before it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from matinee.models.base import Floats, Folded, History, Interactions
from matinee.models.dataset import history

Flags = npt.NDArray[np.bool_]
"""One truth per event of an `Interactions`, or per movie."""


class Scorer(Protocol):
    """What can be evaluated: of a `Model`, what is needed to rank movies for a user."""

    def state(self, history: History) -> Any:
        """The state of a user with this history."""
        ...

    def fold_in(self, state: Any, event: Folded) -> Any:
        """The state after one more event."""
        ...

    def scores(self, state: Any, at: int | None = None) -> Floats:
        """A score for every movie, shape (n_movies,), asked at this moment; a fresh array."""
        ...


Fit = Callable[[Interactions], Scorer]
"""What makes a model under evaluation."""


class Moment(NamedTuple):
    """Just before a target, the event at `place`: its user's state, what was seen, how many events.

    `at` is when the target happened, in UTC microseconds: the moment of asking. `state` and `seen` are
    those of the walk itself: to be read, not kept.
    """

    user: int
    state: Any
    seen: Flags
    events: int
    target: int
    place: int
    at: int


def walk(model: Scorer, whole: Interactions, wanted: Flags) -> Iterator[Moment]:
    """The wanted targets, user by user, with every event in between folded into the state."""
    index = np.flatnonzero(wanted)
    starts = np.searchsorted(whole.users, np.arange(whole.n_users))
    bounds = np.flatnonzero(np.diff(whole.users[index])) + 1
    for own in np.split(index, bounds) if len(index) else ():
        yield from _life(model, whole, int(starts[whole.users[own[0]]]), own)


def _life(model: Scorer, whole: Interactions, start: int, wanted: npt.NDArray[np.int64]) -> Iterator[Moment]:
    now = int(wanted[0])
    state = model.state(history(whole, start, now))
    seen = np.zeros(len(whole.movies), bool)
    seen[whole.columns[start:now]] = True
    user = int(whole.users[start])
    for index in wanted.tolist():
        for i in range(now, index):
            column = int(whole.columns[i])
            seen[column] = True
            state = model.fold_in(state, Folded(column, float(whole.strengths[i]), int(whole.at[i])))
        now = index
        yield Moment(user, state, seen, index - start, int(whole.columns[index]), index, int(whole.at[index]))
