"""The closed-form sequential linear model: what comes next, from decayed sums of what came before.

Of the family of SLIST (Choi et al., WWW 2021) and TALE (WSDM 2025), regularised as EDLAE (Steck, NeurIPS
2020). After n events i_0 .. i_(n-1) of strengths s_q a user's contexts and scores are

    x_k = w_k sum_q g_k^(n-1-q) s_q e(i_q),        scores = sum_k x_k' B_k,

and the maps B minimise sum_t |y(t) - x(t)' B|^2 + ridge |B|^2 + p/(1-p) |diag(G)^(1/2) B|^2 over all targets:

    B = (G + ridge I + p/(1-p) diag(G))^-1 C        (G and C: see `gram`).

An event counts by its signed strength: a like adds its row of B, a dislike takes it away, a longer view adds
more, and one of strength 0 only ages what came before. Targets are the events of positive strength at movies
new to their user. Only the most supported movies are in the map; an event at another one leaves the state as
it is, and such a movie scores 0.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import spotrf, spotrs

from matinee.errors import TrainingError
from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.gram import Decays, Sequences, normal_equations, positions

_BLOCK = 256
_ROWS = 48
"""So many rows of the map are widened at once: they stay in a cache near the core."""
_STEPS = 32767
_FADED = 1e-9


@dataclass(frozen=True)
class SequenceOptions:
    """How a sequential model is fitted."""

    decays: tuple[float, ...] = (0.3, 0.8, 0.97)
    """The factors g_k by which a context forgets at every event; one plain sum over sqrt(n) joins them."""
    dropout: float = 0.33
    """p: the share of its inputs that the map must be able to miss."""
    ridge: float = 100.0
    """What is added to the whole diagonal."""
    max_movies: int = 4000
    """The most movies in the map; its size in memory is 2 * 4 * max_movies^2 bytes with three decays."""
    min_support: int = 20
    """The fewest events of a movie in the map."""


class SequenceState:
    """One user: what each context gives to every mapped movie, shape (K, n_mapped), and how many events."""

    __slots__ = ("count", "sums")

    def __init__(self, sums: Floats, count: int) -> None:
        self.sums = sums
        self.count = count


class SequenceModel:
    """The fitted maps, kept as 16-bit steps of a scale per (movie, context)."""

    kind: ClassVar[str] = "sequence"

    def __init__(
        self, options: SequenceOptions, n_movies: int, columns: Ints, steps: Any, scales: Floats
    ) -> None:
        self.options = options
        self.n_movies = n_movies
        self._columns = columns
        self._places = columns.astype(np.intp)  # the type that indexing wants
        self._steps = steps
        self._scales = scales
        self._rows = np.full(n_movies, -1, np.int32)
        self._rows[columns] = np.arange(len(columns), dtype=np.int32)
        self._factors = np.array([*options.decays, 1.0], np.float32)
        self._fading = self._factors[:, None]
        self._reach = [_reach(factor) for factor in (*options.decays, 1.0)]

    @classmethod
    def fit(cls, interactions: Interactions, options: SequenceOptions | None = None) -> Self:
        """The maps of these interactions, over the most supported of their movies."""
        options = options or SequenceOptions()
        n_movies = len(interactions.movies)
        columns = _supported(interactions, options)
        sequences = _sequences(interactions, columns)
        rooted = (*(False for _ in options.decays), True)
        gram, wish = normal_equations(sequences, Decays((*options.decays, 1.0), rooted))
        steps, scales = _quantised(_solved(gram, wish, options), len(columns), len(options.decays) + 1)
        return cls(options, n_movies, columns, steps, scales)

    def state(self, history: History) -> SequenceState:
        """The state after `history`; events at movies outside the map do not count."""
        rows, strengths = self._mapped(history)
        sums = np.zeros((len(self._factors), len(self._columns)), np.float32)
        for k, gains in enumerate(self._gains(rows, strengths)):
            newest = rows[len(rows) - len(gains) :]
            for start in range(0, len(gains), _ROWS):
                block = slice(start, start + _ROWS)
                sums[k] += gains[block] @ self._steps[newest[block], k].astype(np.float32)
        return SequenceState(sums, len(rows))

    def fold_in(self, state: SequenceState, event: Folded) -> SequenceState:
        """state_k <- g_k state_k + s B_k[movie]; time O(K n_mapped)."""
        row = self._rows[event.column] if event.column < self.n_movies else -1
        if row < 0:
            return state
        given = self._steps[row].astype(np.float32)
        given *= (self._scales[row] * np.float32(event.strength))[:, None]
        state.sums *= self._fading
        state.sums += given
        state.count += 1
        return state

    def scores(self, state: SequenceState) -> Floats:
        """sum_k w_k state_k over the mapped movies, 0 for the others."""
        scores = np.zeros(self.n_movies, np.float32)
        scores[self._places] = self._weights(state.count) @ state.sums
        return scores

    def similar(self, column: int) -> Floats:
        """What one event at this movie would give to every other."""
        scores = np.zeros(self.n_movies, np.float32)
        row = self._rows[column]
        if row >= 0:
            scores[self._columns] = self._scales[row] @ self._steps[row].astype(np.float32)
        return scores

    def explain(self, state: SequenceState, history: History, columns: Ints) -> Floats:
        """s_q sum_k w_k g_k^(n-1-q) B_k[i_q, column], shape (len(history), len(columns))."""
        given = np.zeros((len(history.columns), len(columns)), np.float32)
        events, wanted = self._rows_of(history.columns) >= 0, self._rows_of(columns)
        rows, strengths = self._mapped(history)
        mapped = np.flatnonzero(wanted >= 0)
        gave = np.zeros((len(rows), len(mapped)), np.float32)
        weights = self._weights(len(rows))
        for k, gains in enumerate(self._gains(rows, strengths)):
            first = len(rows) - len(gains)
            maps = self._steps[rows[first:, None], k, wanted[mapped]]
            gave[first:] += (weights[k] * gains)[:, None] * maps
        given[np.ix_(events, mapped)] = gave
        return given

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The map as 16-bit steps, shape (n_mapped, K, n_mapped), their scales, and the mapped columns."""
        return {"columns": self._columns, "steps": self._steps, "scales": self._scales}

    def settings(self) -> Mapping[str, Any]:
        """The options, and the number of movies."""
        return {**asdict(self.options), "n_movies": self.n_movies}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        options = {name: value for name, value in settings.items() if name != "n_movies"}
        options["decays"] = tuple(options["decays"])
        return cls(
            SequenceOptions(**options),
            settings["n_movies"],
            arrays["columns"],
            arrays["steps"],
            arrays["scales"],
        )

    def _rows_of(self, columns: Ints) -> Ints:
        known = np.minimum(columns, self.n_movies - 1)
        return np.where(columns < self.n_movies, self._rows[known], np.int32(-1))

    def _mapped(self, history: History) -> tuple[Ints, Floats]:
        rows = self._rows_of(history.columns)
        return rows[rows >= 0], history.strengths[rows >= 0]

    def _gains(self, rows: Ints, strengths: Floats) -> Iterator[Floats]:
        """For each context g_k^(n-1-q) s_q times the scale of q's map, over its newest events.

        Older ones are left out once g_k^(n-1-q) is below `_FADED`: less than rounding in the sum.
        """
        n = len(rows)
        for k, (factor, reach) in enumerate(zip(self._factors, self._reach, strict=True)):
            first = max(n - reach, 0)
            ages = np.arange(n - 1 - first, -1, -1, dtype=np.float32)
            yield factor**ages * strengths[first:] * self._scales[rows[first:], k]

    def _weights(self, n: int) -> Floats:
        weights = np.ones(len(self._factors), np.float32)
        weights[-1] = 1 / np.sqrt(max(n, 1))
        return weights


def _reach(factor: float) -> int:
    """After how many events one has faded."""
    return sys.maxsize if factor >= 1 else math.ceil(math.log(_FADED) / math.log(factor)) if factor > 0 else 1


def _supported(interactions: Interactions, options: SequenceOptions) -> Ints:
    """The columns of the map, in order: the most supported, ties by column."""
    support = np.bincount(interactions.columns, minlength=len(interactions.movies))
    most = np.argsort(-support, kind="stable")[: options.max_movies]
    return np.sort(most[support[most] >= options.min_support]).astype(np.int32)


def _sequences(interactions: Interactions, columns: Ints) -> Sequences:
    """The events at mapped movies; targets are the positive ones that are the first of user and movie."""
    rows = np.full(len(interactions.movies), -1, np.int32)
    rows[columns] = np.arange(len(columns), dtype=np.int32)
    rows = rows[interactions.columns]
    kept = rows >= 0
    users, rows, strengths = interactions.users[kept], rows[kept], interactions.strengths[kept]
    first = np.zeros(len(rows), bool)
    first[np.unique(users.astype(np.int64) * (len(columns) + 1) + rows, return_index=True)[1]] = True
    return Sequences(positions(users), rows, strengths, first & (strengths > 0), len(columns))


def _solved(gram: Floats, wish: Floats, options: SequenceOptions) -> Floats:
    """B', shape (n, K*n), in place of `wish`; `gram` is used up.

    The matrices are in C order, so LAPACK sees their transposes: the lower triangle is its upper one.
    """
    if not len(gram):
        return wish
    diagonal = np.einsum("ii->i", gram)
    diagonal += options.ridge + options.dropout / (1 - options.dropout) * diagonal
    factor, info = spotrf(gram.T, lower=0, overwrite_a=1, clean=0)
    if info:
        raise TrainingError(
            f"the sequential equations are singular at row {info}; raise ridge, which is {options.ridge:g}"
        )
    maps: Floats = spotrs(factor, wish.T, lower=0, overwrite_b=1)[0].T
    return maps


def _quantised(maps: Floats, n: int, K: int) -> tuple[npt.NDArray[np.int16], Floats]:
    """The maps as (movie, context, next movie) in 16-bit steps, and a step's size per (movie, context)."""
    maps = maps.reshape(n, K, n)
    steps = np.empty((n, K, n), np.int16)
    scales = np.abs(maps).max(axis=0, initial=0).T / _STEPS
    sizes = np.where(scales > 0, scales, 1)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        steps[block] = np.rint(maps[:, :, block].transpose(2, 1, 0) / sizes[block, :, None])
    return steps, scales.astype(np.float32)
