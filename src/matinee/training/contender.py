"""The blend under evaluation: what `matinee train` would make of the events at hand, weights included."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from matinee.evaluation import contenders
from matinee.events.types import Facts
from matinee.models.base import Floats, Folded, History, Interactions
from matinee.models.blend import Blend, BlendOptions, BlendState
from matinee.progress import silent
from matinee.training.trainer import TrainOptions, trained

WITH_BLEND: Mapping[str, str] = {**contenders.RANKERS, "blend": "matinee.training.contender:blend"}
"""Everything that ranks: what evaluation knows by itself, and the blend."""


class Arranged:
    """A blend whose columns are those of `movies`, in this order."""

    def __init__(self, blend: Blend, movies: Sequence[str]) -> None:
        self._blend = blend
        self._movies = tuple(movies)
        self._columns = np.array([blend.columns[movie] for movie in movies], np.int32)

    def with_movies(self, movies: Sequence[tuple[str, Facts]]) -> "Arranged":
        """The same, with these newcomers behind the others."""
        return Arranged(self._blend.with_movies(movies), (*self._movies, *(movie for movie, _ in movies)))

    def state(self, history: History) -> BlendState:
        """The blend's state."""
        return self._blend.state(history._replace(columns=self._columns[history.columns]))

    def fold_in(self, state: BlendState, event: Folded) -> BlendState:
        """The blend's state after the event."""
        return self._blend.fold_in(state, event._replace(column=int(self._columns[event.column])))

    def scores(self, state: BlendState, at: int | None = None) -> Floats:
        """The blend's scores in this order."""
        return self._blend.scores(state, at)[self._columns]


def blend(given: Interactions, facts: Mapping[str, Facts], options: BlendOptions) -> Arranged:
    """The blend trained on these interactions, its weights chosen on the last of them."""
    events = pl.DataFrame(
        {
            "user": given.users,
            "movie": np.array(given.movies)[given.columns],
            "strength": given.strengths,
            "at": given.at,
        }
    )
    catalogue = {movie: facts.get(movie, Facts()) for movie in given.movies}
    return Arranged(trained(events, catalogue, TrainOptions(blend=options), silent)[0], given.movies)
