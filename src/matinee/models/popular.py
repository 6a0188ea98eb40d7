"""Popularity that fades: what everybody moves to, lately.

    w(i) = max(0, sum over events at i of s max(2^(-age / half_life), least)),
    score(i) = log(1 + w(i)) / log(1 + max w)

Ages are from the newest event of the training data. What everybody has long liked never counts for
nothing: else the first events after a quiet time would be all that is popular. Every event counts by its
signed strength, so that a movie many people disliked is not popular. Scores are from 0 to 1 and the same for
every user.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.options import searched

_DAY = 86_400_000_000


@dataclass(frozen=True)
class PopularOptions:
    """How popularity is counted."""

    half_life_days: float = field(default=90.0, metadata=searched(1, 3650, log=True))
    """The age at which an event counts half; infinity counts all alike."""
    least: float = field(default=0.1, metadata=searched(0.001, 1, log=True))
    """What an event counts at least, however old it is."""


class Popular:
    """One score per movie; it keeps nothing of a user, and events do not change it until the next fit."""

    kind: ClassVar[str] = "popular"

    def __init__(self, options: PopularOptions, popularity: Floats) -> None:
        self.options = options
        self._popularity = popularity

    @classmethod
    def fit(cls, interactions: Interactions, options: PopularOptions | None = None) -> Self:
        """The popularity of every movie of `interactions`."""
        options = options or PopularOptions()
        ages = (interactions.at.max(initial=0) - interactions.at) / (_DAY * options.half_life_days)
        gains = interactions.strengths * np.maximum(np.exp2(-ages), options.least)
        weights = np.maximum(np.bincount(interactions.columns, gains, len(interactions.movies)), 0)
        highest = np.log1p(weights.max(initial=0)) or 1.0
        return cls(options, (np.log1p(weights) / highest).astype(np.float32))

    def state(self, history: History) -> None:
        """Nothing."""

    def fold_in(self, state: None, event: Folded) -> None:
        """Nothing."""

    def scores(self, state: None, at: int | None = None) -> Floats:
        """The popularity of every movie."""
        return self._popularity.copy()

    def base(self, state: None, at: int | None = None) -> Floats:
        """The same: no event gave any of it."""
        return self.scores(state)

    def similar(self, column: int) -> Floats:
        """Zeros: popularity knows of no likeness."""
        return np.zeros_like(self._popularity)

    def explain(self, state: None, history: History, columns: Ints, at: int | None = None) -> Floats:
        """Zeros: no event of the user gave anything."""
        return np.zeros((len(history.columns), len(columns)), np.float32)

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The popularity, shape (n_movies,)."""
        return {"popularity": self._popularity}

    def settings(self) -> Mapping[str, Any]:
        """The options."""
        return asdict(self.options)

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        return cls(PopularOptions(**settings), arrays["popularity"])
