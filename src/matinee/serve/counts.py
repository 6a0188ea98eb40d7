"""What is recommended before the first training: the movies with the most events."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.events.types import Facts
from matinee.models.base import Floats, Folded, History, Ints
from matinee.serve.live import LiveState


class Counts:
    """A model without a fit: a movie's score is the number of its events in the live state."""

    def __init__(self, live: LiveState, movies: Sequence[str] = ()) -> None:
        self._live = live
        self._movies = tuple(movies)

    def state(self, history: History) -> None:
        """Nothing is kept of a user."""

    def fold_in(self, state: None, event: Folded) -> None:
        """Nothing changes."""

    def scores(self, state: None, at: int | None = None) -> Floats:
        """The counts, the same for everyone."""
        columns = self._live.columns
        return np.array([len(self._live.audience[columns[movie]]) for movie in self._movies], np.float32)

    def base(self, state: None, at: int | None = None) -> Floats:
        """The same: it is not about the user."""
        return self.scores(state)

    def state_bytes(self) -> int:
        """None."""
        return 0

    def popular(self) -> Floats:
        """The same again."""
        return self.scores(None)

    def phase(self, state: None, at: int | None = None) -> int:
        """The moment of asking changes nothing."""
        return 0

    def similar(self, column: int) -> Floats:
        """Nothing is known to be alike."""
        return np.full(len(self._movies), -np.inf, np.float32)

    def similar_audience(self, column: int) -> Floats:
        """Likewise."""
        return self.similar(column)

    def similar_content(self, column: int) -> Floats:
        """Likewise."""
        return self.similar(column)

    def is_new(self, column: int) -> bool:
        """No: what is counted is the movie's own."""
        return False

    def taste(self, history: History) -> Floats:
        """Nothing is known of tastes."""
        return np.empty(0, np.float32)

    def appeal(self, column: int) -> Floats:
        """Nothing is known of tastes."""
        return np.empty(0, np.float32)

    def explain(self, state: None, history: History, columns: Ints, at: int | None = None) -> Floats:
        """No event gave anything."""
        return np.zeros((len(history.columns), len(columns)), np.float32)

    def with_movies(self, movies: Sequence[tuple[str, Facts]]) -> "Counts":
        """The same over more movies."""
        return Counts(self._live, self._movies + tuple(movie for movie, _ in movies))

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """None: it is never published."""
        return {}

    def settings(self) -> Mapping[str, Any]:
        """None."""
        return {}
