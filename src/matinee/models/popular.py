"""Popularity that fades, and that depends on how far someone has come.

    w_n(i) = max(0, sum over events at i that were the (n+1)th to (n+10)th of their users of s a
                    + rest sum over all events at i of s a),    a = max(2^(-age / half_life), least)
    score_n(i) = log(1 + w_n(i)) / log(1 + max w_n)

So whoever has n events gets what others did next at that point; from `stages` events on it is what everybody
does, w(i) = max(0, sum over all events at i of s a). Beginners differ most from all others: they do what they
are shown first.

Ages are from the newest event of the training data. What everybody has long liked never counts for
nothing: else the first events after a quiet time would be all that is popular. Every event counts by its
signed strength, so that a movie many people disliked is not popular. Scores are from 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.lives import DAY, places_of
from matinee.models.options import possible, searched

AHEAD = 10
"""So many events of a beginner are what comes next."""
_REST = 0.03
"""What everything else counts in a stage: an order for what nobody did there."""


@dataclass(frozen=True)
class PopularOptions:
    """How popularity is counted."""

    half_life_days: float = field(default=90.0, metadata=searched(1, 3650, log=True, least=0.001))
    """The age at which an event counts half; infinity counts all alike."""
    least: float = field(default=0.1, metadata=searched(0.001, 1, log=True, most=1))
    """What an event counts at least, however old it is."""
    stages: int = field(default=10, metadata=possible(0, 1000))
    """So many first events are told apart; 0: popularity is the same for everybody."""


class Popular:
    """A score per stage and movie. The state is how many events there were."""

    kind: ClassVar[str] = "popular"

    def __init__(self, options: PopularOptions, popularity: Floats) -> None:
        """`popularity` has a row for every stage, the last for all that are beyond."""
        self.options = options
        self._popularity = popularity

    @classmethod
    def fit(cls, interactions: Interactions, options: PopularOptions | None = None) -> Self:
        """The popularity of every movie of `interactions`."""
        options = options or PopularOptions()
        ages = (interactions.at.max(initial=0) - interactions.at) / (DAY * options.half_life_days)
        gains = interactions.strengths * np.maximum(np.exp2(-ages), options.least)
        places, n_movies = places_of(interactions.users), len(interactions.movies)
        everything = np.bincount(interactions.columns, gains, n_movies)
        weights = np.empty((options.stages + 1, n_movies))
        for n in range(options.stages):
            next_ = (places >= n) & (places < n + AHEAD)
            weights[n] = np.bincount(interactions.columns[next_], gains[next_], n_movies)
            weights[n] += _REST * everything
        weights[options.stages] = everything
        logs = np.log1p(np.maximum(weights, 0))
        highest = logs.max(axis=1, initial=0, keepdims=True)
        return cls(options, (logs / np.where(highest > 0, highest, 1)).astype(np.float32))

    def state(self, history: History) -> int:
        """How many events."""
        return len(history.columns)

    def fold_in(self, state: int, event: Folded) -> int:
        """One more."""
        return state + 1

    def scores(self, state: int, at: int | None = None) -> Floats:
        """The popularity of every movie at this stage."""
        scores: Floats = self._popularity[min(state, self.options.stages)].copy()
        return scores

    def base(self, state: int, at: int | None = None) -> Floats:
        """The same: no one event gave any of it."""
        return self.scores(state)

    def similar(self, column: int) -> Floats:
        """Zeros: popularity knows of no likeness."""
        return np.zeros(self._popularity.shape[1], np.float32)

    def explain(self, state: int, history: History, columns: Ints, at: int | None = None) -> Floats:
        """Zeros: no event of the user gave anything."""
        return np.zeros((len(history.columns), len(columns)), np.float32)

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The popularity, shape (stages + 1, n_movies)."""
        return {"popularity": self._popularity}

    def settings(self) -> Mapping[str, Any]:
        """The options."""
        return asdict(self.options)

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        return cls(PopularOptions(**settings), arrays["popularity"])
