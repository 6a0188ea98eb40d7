"""The port of a model: fit once, then fold events in one at a time.

Movies are columns inside arrays: integers from 0, given by the order of `Interactions.movies`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from matinee.events.types import Facts

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


class Interactions(NamedTuple):
    """What a model is fitted on: parallel arrays, sorted by (user, at, position in the log).

    `users[i]` and `columns[i]` are integers; `strengths[i]` is from -1 to 1; `at[i]` is in UTC
    microseconds. `movies` are the ids behind the columns; `n_users` counts the users.
    """

    users: Ints
    columns: Ints
    strengths: Floats
    at: npt.NDArray[np.int64]
    movies: tuple[str, ...]
    n_users: int


class History(NamedTuple):
    """What one user did: parallel arrays in order of time."""

    columns: Ints
    strengths: Floats
    at: npt.NDArray[np.int64]


class Folded(NamedTuple):
    """One event as a model sees it."""

    column: int
    strength: float
    at: int


class Model(Protocol):
    """A model over a fixed catalogue. `State` is whatever it keeps for one user.

    Guarantee: `fold_in` over the events of a history one by one gives, to rounding, `state` of it.
    """

    def state(self, history: History) -> Any:
        """The state of a user with this history, of any length, also none."""
        ...

    def fold_in(self, state: Any, event: Folded) -> Any:
        """The state after one more event; `state` itself may be changed and must not be used again."""
        ...

    def scores(self, state: Any, at: int | None = None) -> Floats:
        """A score for every movie of the catalogue, shape (n_movies,); a fresh array.

        `at` is the moment of asking in UTC microseconds, by default right after the last event.
        """
        ...

    def base(self, state: Any, at: int | None = None) -> Floats:
        """The part of the scores that no event gave, shape (n_movies,).

        Tests hold `explain` to it. What is served takes what the events leave of a score, which is the same.
        """
        ...

    def similar(self, column: int) -> Floats:
        """How alike every movie is to this one, shape (n_movies,)."""
        ...

    def explain(self, state: Any, history: History, columns: Ints, at: int | None = None) -> Floats:
        """What each past event gave to the score of each of `columns`, shape (len(history), len(columns)).

        Summed over the events, with `base`, they are the score.
        """
        ...

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """Everything that a fitted model is, by name; the artifact keeps these."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """The settings it was fitted with, fit for JSON."""
        ...


class Served(Model, Protocol):
    """A model that can be served: movies join it without a fit, and users can be compared."""

    def phase(self, state: Any, at: int | None = None) -> int:
        """A number for the moment of asking: while it stays the same, so do the scores of a state."""
        ...

    def with_movies(self, movies: Sequence[tuple[str, Facts]]) -> "Served":
        """A model whose catalogue has these movies behind the present ones; states stay valid for both.

        A newcomer that is there already has these facts from here on, and then states of its users do not.
        """
        ...

    def state_bytes(self) -> int:
        """How much memory a state takes, about."""
        ...

    def popular(self) -> Floats:
        """How popular every movie is with everybody, shape (n_movies,)."""
        ...

    def is_new(self, column: int) -> bool:
        """Whether the movie had no events at the fit, so that what it is worth is told by others like it."""
        ...

    def similar_audience(self, column: int) -> Floats:
        """How alike every movie is by what users do, shape (n_movies,); minus infinity where unknown."""
        ...

    def similar_content(self, column: int) -> Floats:
        """How alike every movie is by facts alone, shape (n_movies,); minus infinity where unknown."""
        ...

    def taste(self, history: History) -> Floats:
        """What a user likes as a vector of length 1, or of zeros where nothing is known: shape (d,).

        The product of two is how alike the scores are that both get, from -1 to 1. d is 0 in a model
        that has no tastes.
        """
        ...

    def appeal(self, column: int) -> Floats:
        """What a movie is to tastes, shape (d,).

        `taste(history) @ appeal(column)` is by how many standard deviations, over the movies, this one
        stands above what the user usually gets.
        """
        ...
