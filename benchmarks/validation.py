"""What choices are made by: a model fitted up to the .8 quantile of time, and the events up to the .9.

The protocol is that of live evaluation, one step earlier in time, so that nothing after its cut is touched:
what is chosen here can be measured there without having been chosen by it. Targets are those of people who
had events at the cut, because most of ml-1m's are of people in their first hours.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks import movielens
from matinee.evaluation.splits import core, split, targets
from matinee.evaluation.walk import Flags
from matinee.events.meaning import strength_column
from matinee.events.types import Facts
from matinee.models.base import Interactions
from matinee.models.blend import Blend
from matinee.models.dataset import interactions, ordered
from matinee.progress import silent
from matinee.sources.movielens.titles import read_title
from matinee.training.trainer import TrainOptions, trained

_CORE = 5
FIT, END = 0.8, 0.9
"""The quantiles of time up to which a model is fitted, and up to which it is judged."""


class Cut(NamedTuple):
    """The moments of the two quantiles."""

    fit: float
    end: float


class Validation:
    """The data at `path` (a MovieLens), cut in two; the model is trained as `matinee train` does it."""

    def __init__(self, path: Path) -> None:
        ratings, movies = movielens.read(path)
        signed = ratings.with_columns(pl.lit("rating").alias("type"), pl.col("at") * 1_000_000)
        events = ordered(core(signed.with_columns(strength_column()), _CORE))
        at = events["at"]
        self.name = path.stem
        self.cut = Cut(float(at.quantile(FIT, "linear") or 0), float(at.quantile(END, "linear") or 0))
        self._events = events.filter(pl.col("at") <= self.cut.end)
        self.catalogue: Mapping[str, Facts] = {
            movie: _facts(title, genres) for movie, title, genres in movies.iter_rows()
        }

    @cached_property
    def blend(self) -> Blend:
        """The blend of the events up to the first cut, its weights chosen by the last of those."""
        return trained(split(self._events, self.cut.fit).before, self.catalogue, TrainOptions(), silent)[0]

    @cached_property
    def whole(self) -> Interactions:
        """All events up to the second cut, over the columns of the blend."""
        return interactions(self._events, self.blend.movies)

    def targets(self, most: int) -> Flags:
        """At most so many targets between the cuts, evenly spread, of people who had events before."""
        whole = self.whole
        had = np.zeros(whole.n_users, bool)
        had[whole.users[whole.at <= self.cut.fit]] = True
        index = np.flatnonzero(targets(whole, self.cut.fit) & had[whole.users])
        chosen = np.zeros(len(whole.users), bool)
        chosen[index[np.linspace(0, len(index) - 1, min(most, len(index))).astype(np.int64)]] = True
        return chosen

    @cached_property
    def genres(self) -> npt.NDArray[np.float32]:
        """Which genres every movie of the blend has, of shape (movies, genres)."""
        known = [self.catalogue.get(movie, Facts()).genres or () for movie in self.blend.movies]
        names = sorted({genre for genres in known for genre in genres})
        return np.array([[genre in genres for genre in names] for genres in known], np.float32)


def _facts(title: str, genres: str) -> Facts:
    name, year = read_title(title)
    return Facts(title=name, year=year, genres=tuple(genres.split("|")))
