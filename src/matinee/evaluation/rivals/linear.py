"""Linear models that score by a matrix over movies: EASE, EDLAE, and the library's item neighbours.

    scores = sum_q d^(n-1-q) B[i_q],    over the positive events i_0 .. i_(n-1) of the user

with d = 1 (every event counts alike) unless said otherwise. Folding in adds a row of B, so it is exact.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from implicit.utils import ParameterWarning
from scipy.sparse import csr_matrix

from matinee.events.types import Facts
from matinee.models.autoencoder import without_itself
from matinee.models.base import Floats, Folded, History, Interactions
from matinee.models.options import searched


class Linear:
    """The matrix B, shape (n_movies, n_movies), and the decay d per event. The state is the scores."""

    def __init__(self, B: Floats, decay: float) -> None:
        self._B = B
        self._decay = np.float32(decay)

    def state(self, history: History) -> Floats:
        """The scores after these events."""
        columns = history.columns[history.strengths > 0]
        ages = np.arange(len(columns) - 1, -1, -1, dtype=np.float32)
        return (self._decay**ages @ self._B[columns]).astype(np.float32)

    def fold_in(self, state: Floats, event: Folded) -> Floats:
        """The state becomes d state + B[movie]."""
        if event.strength > 0:
            state *= self._decay
            state += self._B[event.column]
        return state

    def scores(self, state: Floats, at: int | None = None) -> Floats:
        """The state itself, copied."""
        return state.copy()


@dataclass(frozen=True)
class EaseOptions:
    """How EASE is fitted, and how its users forget."""

    ridge: float = field(default=500.0, metadata=searched(1, 10_000, log=True))
    """What is added to the diagonal."""
    decay: float = field(default=1.0, metadata=searched(0.3, 1, most=1))
    """d: what an event is still worth after one more."""


@dataclass(frozen=True)
class EdlaeOptions:
    """How EDLAE is fitted, and how its users forget."""

    dropout: float = field(default=0.5, metadata=searched(0.05, 0.95, most=0.99))
    """p: the share of its inputs that it must be able to miss."""
    ridge: float = field(default=300.0, metadata=searched(1, 10_000, log=True))
    """What is added to the diagonal besides."""
    decay: float = field(default=1.0, metadata=searched(0.3, 1, most=1))
    """d: what an event is still worth after one more."""


@dataclass(frozen=True)
class CosineOptions:
    """How the library's neighbours are found, and how users forget."""

    neighbours: int = field(default=20, metadata=searched(5, 500, log=True, least=1))
    """K: how many neighbours a movie keeps, itself among them."""
    decay: float = field(default=1.0, metadata=searched(0.3, 1, most=1))
    """d: what an event is still worth after one more."""


@dataclass(frozen=True)
class Bm25Options(CosineOptions):
    """The same, and the two parameters of BM25."""

    k1: float = field(default=1.2, metadata=searched(0.1, 100, log=True))
    """How soon more events of a user count no more."""
    b: float = field(default=0.75, metadata=searched(0, 1, most=1))
    """How far long histories are discounted."""


def ease(given: Interactions, _facts: Mapping[str, Facts], options: EaseOptions) -> Linear:
    """EASE (Steck, WWW 2019): B = I - P diag(P)^-1, P = (X'X + ridge I)^-1, X binary."""
    return Linear(without_itself(_gram(given), options.ridge), options.decay)


def edlae(given: Interactions, _facts: Mapping[str, Facts], options: EdlaeOptions) -> Linear:
    """EDLAE (Steck, NeurIPS 2020): EASE with ridge I + p/(1-p) diag(X'X) in place of ridge I."""
    G, p = _gram(given), options.dropout
    return Linear(without_itself(G, options.ridge + p / (1 - p) * np.diag(G)), options.decay)


def cosine(given: Interactions, _facts: Mapping[str, Facts], options: CosineOptions) -> Linear:
    """The item-item cosines of `implicit`, of the nearest neighbours of every movie."""
    return _neighbours(CosineRecommender(K=options.neighbours), given, options.decay)


def bm25(given: Interactions, _facts: Mapping[str, Facts], options: Bm25Options) -> Linear:
    """The item-item likeness of `implicit` where histories are weighted by BM25."""
    library = BM25Recommender(K=options.neighbours, K1=options.k1, B=options.b)
    return _neighbours(library, given, options.decay)


def binary(given: Interactions) -> csr_matrix:
    """X, shape (n_users, n_movies): 1 where a user has a positive event at a movie."""
    positive = given.strengths > 0
    pairs = np.unique(given.users[positive].astype(np.int64) * len(given.movies) + given.columns[positive])
    users, columns = np.divmod(pairs, len(given.movies))
    shape = (given.n_users, len(given.movies))
    return csr_matrix((np.ones(len(pairs), np.float32), (users, columns)), shape)


def _gram(given: Interactions) -> Any:
    X = binary(given).astype(np.float64)
    return (X.T @ X).toarray()


def _neighbours(library: Any, given: Interactions, decay: float) -> Linear:
    with warnings.catch_warnings(action="ignore", category=ParameterWarning):  # of its own matrices
        library.fit(binary(given), show_progress=False)
    return Linear(library.similarity.toarray().astype(np.float32), decay)
