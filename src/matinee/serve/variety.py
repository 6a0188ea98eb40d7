"""From the safest list to the most varied: the best by score, in an order in which they repeat less.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), greedy over the first `CANDIDATES`:

    next = argmax_{j not in S} (1 - v) r(j) - v max_{i in S} cos(i, j),

with r the score brought to 0..1 over the candidates, S what is listed already, and cos between the genres
of two movies. At v = 0 the order is that of the scores. It always orders all candidates in the same way,
however many are asked for, so a page goes on where the one before ended.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
from numba import njit

from matinee.models.base import Floats, Ints

Ties = npt.NDArray[np.uint32]
"""Of each movie a number: of those with equal scores the one with the least comes first."""
CANDIDATES = 100
"""How many of the best movies change places; those behind them stay in the order of their scores."""
_GROUPS = 4
"""So many groups of movies for each movie wanted."""
_LEAST = np.finfo(np.float32).min
_SLOTS = 64
_MOST_SLOTS = 256
"""More genres than these share places."""
_NO_GENRE = ("",)
"""Movies of which no genre is known are alike to each other: nothing says that they differ."""


class Genres:
    """The genres of every movie, kept up with the facts, and how alike they are.

    Which genre has which place differs between processes, and no figure depends on it.
    """

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self._has: Floats = np.zeros((0, _SLOTS), np.float32)
        self._lengths: Floats = np.ones(0, np.float32)

    def resize(self, size: int) -> None:
        """Cover so many movies; the new ones have no known genre."""
        before = len(self._has)
        self._has = np.pad(self._has, ((0, size - before), (0, 0)))
        self._has[before:, self._slot(_NO_GENRE[0])] = 1
        self._lengths = np.pad(self._lengths, (0, size - before), constant_values=1)

    def update(self, column: int, genres: Sequence[str]) -> None:
        """From here on the movie has these genres, in any case."""
        slots = sorted({self._slot(genre.casefold()) for genre in genres or _NO_GENRE})
        self._has[column] = 0
        self._has[column, slots] = 1
        self._lengths[column] = np.sqrt(len(slots))

    def alike(self, columns: Ints) -> Floats:
        """The cosines between the genres of these movies."""
        has, lengths = self._has[columns], self._lengths[columns]
        cosines: Floats = (has @ has.T) / (lengths[:, None] * lengths)
        return cosines

    def _slot(self, genre: str) -> int:
        if genre not in self._slots and len(self._slots) == _MOST_SLOTS:
            return crc32(genre.encode("utf-8", "surrogatepass")) % _MOST_SLOTS
        slot = self._slots.setdefault(genre, len(self._slots))
        if slot == self._has.shape[1]:
            self._has = np.pad(self._has, ((0, 0), (0, slot)))
        return slot


def arranged(scores: Floats, genres: Genres, variety: float, end: int, ties: Ties | None = None) -> Ints:
    """The columns of a list of at most `end` movies with finite scores, in the order of the formula above."""
    if not variety:
        return top(scores, end, ties)
    columns = top(scores, max(end, CANDIDATES), ties)
    best = columns[:CANDIDATES]
    if not len(best):
        return best
    order = varied(scores[best], genres.alike(best), variety, end)
    return np.concatenate([best[order], columns[CANDIDATES:end]])


def top(scores: Floats, wanted: int, ties: Ties | None = None) -> Ints:
    """The columns of the best finite scores, best first, at most `wanted`; ties by `ties`, or by column."""
    wanted = min(wanted, len(scores))
    if wanted == 0:
        return np.empty(0, np.int32)
    best = np.flatnonzero(scores >= max(_reached(scores, wanted), _LEAST))
    if ties is not None:
        best = best[np.argsort(ties[best], kind="stable")]
    return best[np.argsort(-scores[best], kind="stable")][:wanted].astype(np.int32)


def _reached(scores: Floats, wanted: int) -> np.float32:
    """A score that at least `wanted` movies reach, and few more: the same of the best of groups of them.

    It saves most of what it takes to find the score that just so many reach.
    """
    n_groups = _GROUPS * wanted
    if size := len(scores) // n_groups:
        scores = scores[: size * n_groups].reshape(size, n_groups).max(axis=0)
    reached: np.float32 = np.partition(scores, len(scores) - wanted)[len(scores) - wanted]
    return reached


def varied(scores: Floats, alike: Floats, variety: float, wanted: int) -> npt.NDArray[np.int64]:
    """The places of the first `wanted` of these candidates in the order of the formula above.

    `scores` are in descending order, `alike` are the cosines.
    """
    spread = float(scores[0] - scores[-1]) or 1.0
    relevance = (scores - scores[-1]) * np.float32((1 - variety) / spread)
    return _picked(relevance, alike * np.float32(variety), min(wanted, len(scores)))


@njit("int64[::1](float32[::1], float32[:, ::1], int64)", cache=True)  # typed, so compiled before it is asked
def _picked(relevance: Floats, alike: Floats, wanted: int) -> npt.NDArray[np.int64]:
    """One after the other the place with the most relevance less its likeness to the nearest one picked."""
    nearest = np.zeros(len(relevance), np.float32)
    order = np.empty(wanted, np.int64)
    for place in range(wanted):
        best = order[place] = (relevance - nearest).argmax()
        relevance[best] = -np.inf
        nearest = np.maximum(nearest, alike[best])
    return order
