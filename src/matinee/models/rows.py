"""Which row of a map stands for which movie: a map has fewer rows than the catalogue has movies.

The most supported movies have a row of their own. Any other one shares that of the movie with one whose
audience is most like its own,

    row(i) = argmax_j |U_i & U_j| / (|U_i| |U_j|)^(1/2),    U_i: the users with a positive event at i,

and counts for less there. A movie that nobody of theirs has met has none.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.models.base import Floats, Interactions, Ints

_BLOCK = 1024


class Rows(NamedTuple):
    """Of every movie its row, -1 for none, and what an event at it counts there."""

    rows: Ints
    shares: Floats

    @classmethod
    def of(cls, interactions: Interactions, owners: Ints, lent: float) -> "Rows":
        """The columns `owners` have a row each, in this order; what others share counts `lent`."""
        own = cls.own(len(interactions.movies), owners)
        others = np.flatnonzero(own.rows < 0)
        if len(owners):
            own.rows[others] = _nearest(interactions, owners, others)
            own.shares[others] = lent
        return own

    @classmethod
    def own(cls, n_movies: int, owners: Ints) -> "Rows":
        """The columns `owners` have a row each, in this order; others have none."""
        rows = np.full(n_movies, -1, np.int32)
        rows[owners] = np.arange(len(owners), dtype=np.int32)
        return cls(rows, np.ones(n_movies, np.float32))

    def at(self, columns: Ints) -> Ints:
        """The rows of these columns, -1 also for those of movies that came later."""
        known = np.minimum(columns, len(self.rows) - 1)
        return np.where(columns < len(self.rows), self.rows[known], np.int32(-1))


def supported(interactions: Interactions, most: int, least: int) -> Ints:
    """The columns, in order, of the `most` movies with the most events, and at least `least` each."""
    support = np.bincount(interactions.columns, minlength=len(interactions.movies))
    chosen = np.argsort(-support, kind="stable")[:most]
    return np.sort(chosen[support[chosen] >= least]).astype(np.int32)


def _nearest(interactions: Interactions, owners: Ints, others: npt.NDArray[np.int64]) -> Ints:
    """The row of the owner nearest to each of the others, the first one of equals, -1 without any."""
    positive = interactions.strengths > 0
    shape = (interactions.n_users, len(interactions.movies))
    index = interactions.users[positive], interactions.columns[positive]
    X = csr_array((np.ones(len(index[0]), np.float32), index), shape)
    X.sum_duplicates()
    X.data[:] = 1
    audience = X.tocsc()
    sizes = np.sqrt(np.maximum(np.diff(audience.indptr), 1)).astype(np.float32)
    theirs = audience[:, owners]
    nearest = np.empty(len(others), np.int32)
    for start in range(0, len(others), _BLOCK):
        block = slice(start, start + _BLOCK)
        common = (audience[:, others[block]].T @ theirs).toarray() / sizes[owners]
        best = common.argmax(axis=1)
        nearest[block] = np.where(common[np.arange(len(best)), best] > 0, best, -1)
    return nearest
