"""Implicit ALS (Hu, Koren, Volinsky, ICDM 2008): `implicit` trains it, every event is folded in exactly.

Users x and movies y minimise sum_ui c_ui (p_ui - x_u' y_i)^2 + lambda (|x|^2 + |y|^2) with, for the
strength s of a user and movie,

    s > 0:  p = 1, c = 1 + alpha s      s < 0:  p = 0, c = 1 + alpha |s|      s = 0 or unseen:  p = 0, c = 1.

So a like pulls towards its movie, a longer view pulls more, and a dislike insists that its movie scores
0, which pushes away what resembles it as far as other events had lifted that. Strengths of several events
of one user and movie add up, and the sum is clipped to -1..1: their order does not matter. Given the
movies a user is the solution of A x = b,

    A = Y'Y + lambda I + sum_i (c_i - 1) y_i y_i',    b = sum_{i: p_i = 1} c_i y_i,

so an event is an update of rank one, and x is solved for when scores are asked for. This is what
`implicit.als.AlternatingLeastSquares.recalculate_user` solves, with c as its confidence and -c where p = 0.
Where the factors are *scaled*, as Spark's MLlib fits them, lambda counts once for each movie of p = 1
(ALS-WR; Zhou et al., AAIM 2008): A = Y'Y + n lambda I + ..., and everything else is the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsyr
from scipy.linalg.lapack import dposv
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.options import possible, searched

Doubles = npt.NDArray[np.float64]
_RIDGE = 1e-6
"""Of the trace of a covariance, so that it has a factor when movies are fewer than factors."""
_NOTHING = 1e-6
"""Strengths that add up to less than this are no statement."""


@dataclass(frozen=True)
class IalsOptions:
    """How the factors are fitted."""

    factors: int = field(default=64, metadata=searched(8, 256, log=True, least=1, most=4096))
    """The length of the vectors."""
    alpha: float = field(default=10.0, metadata=searched(0.1, 200, log=True, most=1e6))
    """How much more an event of strength 1 weighs than none."""
    regularization: float = field(default=0.01, metadata=searched(0.001, 100, log=True, least=1e-6, most=1e9))
    """lambda."""
    iterations: int = field(default=15, metadata=searched(3, 30, least=1))
    """How often users and movies are solved in turn."""
    seed: int = field(default=7, metadata=possible(0, 2**32 - 1))
    """What the first factors are drawn from."""


class IalsState:
    """One user: A (its upper triangle), b, how many movies have p = 1, what each movie's add up to, and x."""

    __slots__ = ("A", "b", "liked", "strengths", "x")

    def __init__(self, A: Doubles, b: Doubles, liked: int, strengths: dict[int, float]) -> None:
        self.A = A
        self.b = b
        self.liked = liked
        self.strengths = strengths
        self.x: Floats | None = None


class Ials:
    """The movie factors Y, shape (n_movies, factors); users are always solved from their events.

    `scaled` says whether Y was fitted with a lambda that counts once for each movie of p = 1.
    """

    kind: ClassVar[str] = "ials"

    def __init__(self, options: IalsOptions, Y: Floats, *, scaled: bool = False) -> None:
        self.options = options
        self.scaled = scaled
        self._Y = Y
        self._doubles = Y.astype(np.float64)
        gram = self._doubles.T @ self._doubles + options.regularization * np.eye(Y.shape[1])
        self._gram = np.asfortranarray(gram)

    @classmethod
    def fit(cls, interactions: Interactions, options: IalsOptions | None = None) -> Self:
        """The factors of these interactions; the same for the same seed, whatever the number of cores."""
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 - who serves need not wait

        options = options or IalsOptions()
        chosen = {name: value for name, value in asdict(options).items() if name not in ("alpha", "seed")}
        with threadpool_limits(1, "blas"):  # implicit has threads of its own
            library = AlternatingLeastSquares(alpha=1.0, random_state=options.seed, **chosen)
            library.fit(confidences(interactions, options.alpha), show_progress=False)
        return cls(options, np.ascontiguousarray(library.item_factors, np.float32))

    def state(self, history: History) -> IalsState:
        """A and b of this history, at once."""
        known = history.columns < len(self._Y)
        columns, places = np.unique(history.columns[known], return_inverse=True)
        sums = np.bincount(places, history.strengths[known], minlength=len(columns))
        Y = self._doubles[columns]
        excess, pull = _weights(sums, self.options.alpha)
        A = np.asfortranarray(self._gram + (Y.T * excess) @ Y)
        liked = int(np.count_nonzero(pull))
        self._scale(A, 0, liked)
        return IalsState(A, pull @ Y, liked, dict(zip(columns.tolist(), sums.tolist(), strict=True)))

    def fold_in(self, state: IalsState, event: Folded) -> IalsState:
        """A += d(c) y y' (+ d(n) lambda I), b += d(c p) y; time O(factors^2)."""
        if event.column >= len(self._Y):
            return state
        before = state.strengths.get(event.column, 0.0)
        after = state.strengths[event.column] = before + event.strength
        old_excess, old_pull = _weight(before, self.options.alpha)
        excess, pull = _weight(after, self.options.alpha)
        y = self._doubles[event.column]
        state.A = dsyr(excess - old_excess, y, a=state.A, overwrite_a=1)
        state.b += (pull - old_pull) * y
        liked = state.liked + (pull > 0) - (old_pull > 0)
        self._scale(state.A, state.liked, liked)
        state.liked = liked
        state.x = None
        return state

    def scores(self, state: IalsState, at: int | None = None) -> Floats:
        """Y x: near 1 for what suits, near 0 for what does not."""
        if state.x is None:
            state.x = dposv(state.A, state.b)[1].astype(np.float32)
        scores: Floats = self._Y @ state.x
        return scores

    def base(self, state: IalsState, at: int | None = None) -> Floats:
        """Zeros."""
        return np.zeros(len(self._Y), np.float32)

    def similar(self, column: int) -> Floats:
        """The cosines between the factors."""
        lengths = np.linalg.norm(self._Y, axis=1)
        cosines: Floats = self._Y @ self._Y[column] / np.maximum(lengths * lengths[column], np.float32(1e-12))
        return cosines

    def taste(self, history: History) -> Floats:
        """L'x / |L'x|, with L L' the covariance of Y over the movies: then cosines are correlations.

        Two users' scores Y x_u and Y x_v have, over the movies, the correlation
        x_u' cov(Y) x_v / sqrt(x_u' cov(Y) x_u  x_v' cov(Y) x_v), which is the product of the two.
        """
        state = self.state(history)
        taste: Floats = (dposv(state.A, state.b)[1] @ self._spread).astype(np.float32)
        taste /= max(float(np.linalg.norm(taste)), _NOTHING)
        return taste

    @cached_property
    def appeals(self) -> Floats:
        """L^-1 (y_j - mean y) for every movie j, shape (n_movies, factors); see `Served.appeal`.

        (x'y_j - mean_i x'y_i) / sd_i(x'y_i) = (L'x / |L'x|)' L^-1 (y_j - mean y).
        """
        centred = self._doubles - self._doubles.mean(axis=0)
        return np.ascontiguousarray(solve_triangular(self._spread, centred.T, lower=True).T, np.float32)

    @cached_property
    def _spread(self) -> Doubles:
        """L, lower triangular."""
        centred = self._doubles - self._doubles.mean(axis=0)
        covariance = centred.T @ centred / max(len(centred), 1)
        ridge = _RIDGE * max(float(np.trace(covariance)), _NOTHING)
        return np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))

    def explain(self, state: IalsState, history: History, columns: Ints, at: int | None = None) -> Floats:
        """d(c p) y_q' A^-1 y_j: an event's share of b, through the A of the whole history (ibid., section 5).

        A dislike gives nothing by itself: it makes A hold the others back.
        """
        wanted = dposv(state.A, self._doubles[columns].T)[1]
        known = np.minimum(history.columns, len(self._Y) - 1)
        shares = self._shares(history, len(state.strengths))
        given: Floats = (shares[:, None] * (self._doubles[known] @ wanted)).astype(np.float32)
        return given

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The movie factors."""
        return {"factors": self._Y}

    def settings(self) -> Mapping[str, Any]:
        """The options, and whether it is scaled."""
        return {**asdict(self.options), "scaled": self.scaled}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        told = dict(settings)
        scaled = told.pop("scaled", False)
        return cls(IalsOptions(**told), arrays["factors"], scaled=scaled)

    def _scale(self, A: Doubles, before: int, liked: int) -> None:
        """Bring what A has of lambda from `before` movies of p = 1 to `liked`.

        With none of them b is 0 and so is x, whatever A is: one lambda stays, so that A can be solved.
        """
        more = (max(liked, 1) - max(before, 1)) * self.options.regularization if self.scaled else 0.0
        if more:
            np.einsum("ii->i", A)[:] += more

    def _shares(self, history: History, n_movies: int) -> Doubles:
        """What each event added to its movie's c p, in a history at `n_movies` known ones."""
        known = history.columns < len(self._Y)
        shares: Doubles = np.where(known, _weights(history.strengths, self.options.alpha)[1], 0)
        if np.count_nonzero(known) != n_movies:  # nearly always each event is at a movie of its own
            shares = np.where(known, _gained(history.columns, history.strengths, self.options.alpha), 0)
        return shares


def strengths(interactions: Interactions) -> csr_matrix:
    """What the events of each user and movie add up to, clipped to -1..1, shape (n_users, n_movies)."""
    shape = (interactions.n_users, len(interactions.movies))
    sums = csr_matrix((interactions.strengths, (interactions.users, interactions.columns)), shape)
    sums.sum_duplicates()
    sums.data = np.where(np.abs(sums.data) > _NOTHING, np.clip(sums.data, -1, 1), 0).astype(np.float32)
    sums.eliminate_zeros()
    return sums


def confidences(interactions: Interactions, alpha: float) -> csr_matrix:
    """C for p = 1 and -c for p = 0, shape (n_users, n_movies), as `implicit` reads them."""
    sums = strengths(interactions)
    excess, pull = _weights(sums.data, alpha)
    sums.data = np.where(pull > 0, 1 + excess, -1 - excess).astype(np.float32)
    return sums


def _weights(strengths: npt.NDArray[Any], alpha: float) -> tuple[Doubles, Doubles]:
    """What strengths that add up to these weigh: c - 1 and c p."""
    strengths = np.clip(strengths.astype(np.float64), -1, 1)
    excess = np.where(np.abs(strengths) > _NOTHING, alpha * np.abs(strengths), 0)
    return excess, np.where(strengths > _NOTHING, 1 + excess, 0)


def _gained(columns: Ints, strengths: Floats, alpha: float) -> Doubles:
    """What each event added to c p of its movie, whose strengths add up event by event."""
    order = np.argsort(columns, kind="stable")
    own = strengths[order].astype(np.float64)
    first = np.diff(columns[order], prepend=-1) != 0
    so_far = np.cumsum(own)
    before = (so_far - own)[first][np.cumsum(first) - 1]  # of the other movies in this order
    pull = _weights(so_far - before, alpha)[1]
    gained = np.empty(len(order))
    gained[order] = pull - np.where(first, 0, np.roll(pull, 1))
    return gained


def _weight(strength: float, alpha: float) -> tuple[float, float]:
    """The same for one movie."""
    if abs(strength) <= _NOTHING:
        return 0.0, 0.0
    excess = alpha * min(abs(strength), 1.0)
    return excess, 1 + excess if strength > 0 else 0.0
