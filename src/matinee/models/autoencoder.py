"""A linear autoencoder over movies: what belongs with what a user likes, in whatever order it came.

EDLAE (Steck, NeurIPS 2020) with three additions of our own. With events i_p of strengths s_p of users with
n_u of them,

    G_ij = sum_u (n_u / mean n)^-a sum_{p,q of u} s_p s_q (1 + |p - q| / d)^(-1/2) [i_p = i, i_q = j]
    P = (G + ridge I + p/(1-p) diag(G))^-1,    B = I - P diag(P)^-1
    scores(j) = c_j^-b sum_q s_q B[i_q, j],    c_j = (1 + events at j) / (1 + mean events at a mapped movie)

So a user of many events does not speak for many (a), events near to each other say more of their movies
being alike (d), and what everybody has is not listed for that alone (b). A movie says nothing of itself. Only
the most supported movies are in the map; others score 0 and give nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from numba import njit, prange
from scipy.linalg import inv

from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.lives import grouped, latest, places_of
from matinee.models.options import possible, searched
from matinee.models.rows import Rows, supported

_LARGEST = 32767


@dataclass(frozen=True)
class AutoencoderOptions:
    """How the autoencoder is fitted."""

    dropout: float = field(default=0.6, metadata=searched(0.1, 0.9, most=0.99))
    """p: the share of its inputs that the map must be able to miss."""
    ridge: float = field(default=200.0, metadata=searched(5, 2000, log=True))
    """What is added to the diagonal besides."""
    evenness: float = field(default=0.5, metadata=searched(0, 1))
    """a: from 0, every event counts alike, to 1, every user does."""
    near: float = field(default=30.0, metadata=searched(1, 1000, log=True, least=0.001))
    """d: so many events apart, two still count 0.7 of what neighbours do; infinity: all alike."""
    discount: float = field(default=0.2, metadata=searched(0, 0.8))
    """b: how far popular movies are held back."""
    max_movies: int = field(default=4000, metadata=possible(1))
    """The most movies in the map; its size in memory is 2 max_movies^2 bytes."""


class Autoencoder:
    """The fitted map, kept as 16-bit steps of a scale per movie."""

    kind: ClassVar[str] = "autoencoder"

    def __init__(
        self, options: AutoencoderOptions, n_movies: int, arrays: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """`arrays` are those of `arrays()`."""
        self.options = options
        self.n_movies = n_movies
        self._arrays = arrays
        self._columns: Ints = arrays["columns"]
        self._map, self._scales, self._discounts = arrays["map"], arrays["scales"], arrays["discounts"]
        self._rows = Rows.own(n_movies, self._columns)

    @classmethod
    def fit(cls, interactions: Interactions, options: AutoencoderOptions | None = None) -> Self:
        """The map of these interactions, over the most supported of their movies."""
        options = options or AutoencoderOptions()
        columns = supported(interactions, options.max_movies, least=1)
        support = np.bincount(interactions.columns, minlength=len(interactions.movies))[columns]
        G = _gram(interactions, columns, options)
        B = without_itself(G, options.ridge + options.dropout / (1 - options.dropout) * np.diag(G))
        scales = np.abs(B).max(axis=1, initial=0) / _LARGEST
        map_ = np.rint(B / np.where(scales > 0, scales, 1)[:, None]).astype(np.int16)
        shares = (support + 1) / ((support.mean() if len(support) else 0) + 1)
        arrays: dict[str, npt.NDArray[Any]] = {
            "columns": columns,
            "map": map_,
            "scales": scales.astype(np.float32),
            "discounts": (shares**-options.discount).astype(np.float32),
        }
        return cls(options, len(interactions.movies), arrays)

    def state(self, history: History) -> Floats:
        """The undiscounted scores of the mapped movies."""
        rows, gains = self._mapped(history)
        return gains @ self._map[rows].astype(np.float32)

    def fold_in(self, state: Floats, event: Folded) -> Floats:
        """The state gains s B[movie]; time O(n_mapped)."""
        row = self._rows.rows[event.column] if event.column < self.n_movies else -1
        if row >= 0:
            state += self._map[row] * (self._scales[row] * np.float32(event.strength))
        return state

    def scores(self, state: Floats, at: int | None = None) -> Floats:
        """c^-b times the state, 0 for movies outside the map."""
        scores = np.zeros(self.n_movies, np.float32)
        scores[self._columns] = state * self._discounts
        return scores

    def base(self, state: Floats, at: int | None = None) -> Floats:
        """Zeros."""
        return np.zeros(self.n_movies, np.float32)

    def similar(self, column: int) -> Floats:
        """What one event at this movie gives to every other."""
        state = np.zeros(len(self._columns), np.float32)
        return self.scores(self.fold_in(state, Folded(column, 1.0, 0)))

    def explain(self, state: Floats, history: History, columns: Ints, at: int | None = None) -> Floats:
        """c_j^-b s_q B[i_q, j]."""
        given = np.zeros((len(history.columns), len(columns)), np.float32)
        events, wanted = self._rows.at(history.columns) >= 0, self._rows.at(columns)
        mapped = np.flatnonzero(wanted >= 0)
        rows, gains = self._mapped(history)
        maps = self._map[rows[:, None], wanted[mapped]] * gains[:, None]
        given[np.ix_(events, mapped)] = maps * self._discounts[wanted[mapped]]
        return given

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The map as 16-bit steps, shape (n_mapped, n_mapped), their scales, discounts, mapped columns."""
        return self._arrays

    def settings(self) -> Mapping[str, Any]:
        """The options, and the number of movies."""
        return {**asdict(self.options), "n_movies": self.n_movies}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        options = {name: value for name, value in settings.items() if name != "n_movies"}
        return cls(AutoencoderOptions(**options), settings["n_movies"], arrays)

    def _mapped(self, history: History) -> tuple[Ints, Floats]:
        """Of the mapped events the rows, and the strengths times the scales."""
        rows = self._rows.at(history.columns)
        known = rows >= 0
        return rows[known], self._scales[rows[known]] * history.strengths[known]


def _gram(interactions: Interactions, columns: Ints, options: AutoencoderOptions) -> npt.NDArray[np.float64]:
    """G; see above."""
    rows = Rows.own(len(interactions.movies), columns).rows[interactions.columns]
    kept = (rows >= 0) & latest(interactions.users)
    users, rows, strengths = interactions.users[kept], rows[kept], interactions.strengths[kept]
    counts = np.bincount(users, minlength=1)
    gains = (counts[users] / counts[counts > 0].mean()) ** -options.evenness if len(users) else counts[users]
    places = places_of(users)
    near = (1 + np.arange(int(places.max(initial=0)) + 1) / options.near) ** -0.5
    G = np.zeros((len(columns), len(columns)))
    _add_pairs(G, *grouped(rows, len(columns)), places, rows, strengths, gains.astype(np.float32), near)
    return G + G.T


@njit(parallel=True, cache=True)
def _add_pairs(
    G: npt.NDArray[np.float64],
    events: npt.NDArray[np.int64],
    bounds: npt.NDArray[np.int64],
    places: Ints,
    rows: Ints,
    strengths: Floats,
    gains: Floats,
    near: npt.NDArray[np.float64],
) -> None:
    """The pairs p <= q, half of those p = q. All later events q at one movie are one task, and one row."""
    for i in prange(len(bounds) - 1):
        for place in range(bounds[i], bounds[i + 1]):
            q = events[place]
            G[i, i] += gains[q] * strengths[q] * strengths[q] / 2
            for p in range(q - 1, q - 1 - places[q], -1):
                G[i, rows[p]] += gains[q] * strengths[q] * strengths[p] * near[q - p]


def without_itself(G: npt.NDArray[np.float64], ridge: Any) -> Floats:
    """B = I - P diag(P)^-1, P = (G + diag(ridge))^-1: no movie says anything of itself. G is used up."""
    diagonal = np.einsum("ii->i", G)
    diagonal += ridge
    P = inv(G, overwrite_a=True, check_finite=False, assume_a="pos")
    B = P / -np.diag(P)
    np.fill_diagonal(B, 0)
    weights: Floats = B.astype(np.float32)
    return weights
