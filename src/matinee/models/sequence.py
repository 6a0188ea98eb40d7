"""The closed-form sequential linear model: what comes next, from sums of what came before, fading in time.

Of the family of SLIST (Choi et al., WWW 2021) and TALE (WSDM 2025), regularised as EDLAE (Steck, NeurIPS
2020); how contexts forget is our own (see `contexts`). After n events i_0 .. i_(n-1) of strengths s_q, asked
w after the last, a user's contexts and scores are

    x_k = a_k(w, n) sum_q F_k(q, n-1) s_q e(i_q),        scores = sum_k x_k' B_k + z(w, n)' B_z,

where F_k(q, n-1) is the product of the f_k from event q on. With u(t) = [x(t), z(t)] just before each of T
targets, the maps minimise

    sum_t m_t |y(t)' - u(t)' B|^2 + T/10^6 sum_k ridge_k |B_k|^2 + 10 |B_z|^2 + p/(1-p) |diag(G)^(1/2) B_x|^2,

    B = (G + diag(T/10^6 ridge, 10) + p/(1-p) diag(G_x))^-1 C'       (G and C: see `gram`; x: all but z)

A target at a movie with n targets has the mass m_t ~ n^-gamma, on average 1: inverse propensities (Yang et
al., RecSys 2018), for what few watch is seldom watched because it is seldom shown.

An event counts by its signed strength: a like adds its row of B, a dislike takes it away, a longer view adds
more, and one of strength 0 only ages what came before. Targets are the events of positive strength at movies
new to their user. B has a column for every movie with enough events, and a row for the most supported of
them, which others share (see `rows`): it grows with the catalogue, and not with its square. An event at a
movie with a row of its own gives that movie nothing. A movie without a column scores 0, an event at one that
neither has nor shares a row leaves the state as it is. Before the first event all are 0.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.linalg.lapack import spotrf, spotrs

from matinee.errors import TrainingError
from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.contexts import (
    CIRCUMSTANCES,
    Context,
    Forgetting,
    circumstances,
    gap_class,
    gap_classes,
)
from matinee.models.gram import Sequences, normal_equations
from matinee.models.lives import first_of_pairs, latest, latest_of_pairs, places_of
from matinee.models.options import possible, searched
from matinee.models.rows import Rows, supported

_BLOCK = 256
_LARGEST = 32767
_LITTLE = 10.0
"""The ridge of the circumstances."""
_REPEATED = 50
"""So many events of one user in one row are trained on: of thousands that cancel each other only rounding
would be left, which can be more than the ridges."""
_FADED = 1e-9
"""An event that counts less than this is less than rounding in the sum."""
CONTEXTS = (
    Context(keep=0.23, fade=0.85, wane=1.55, ridge=120.0),
    Context(keep=1.0, fade=0.05, wane=1.1, ridge=900.0),
    Context(keep=1.0, fade=0.11, ridge=1300.0),
    Context(keep=1.0, share=0.2, ridge=400.0),
)
"""The last page, the sitting, the weeks, and everything: chosen on ml-1m's validation (docs/models.md)."""


@dataclass(frozen=True)
class SequenceOptions:
    """How a sequential model is fitted."""

    contexts: tuple[Context, ...] = CONTEXTS
    """The K ways to forget."""
    tau: float = field(default=3.0, metadata=searched(0.5, 60, log=True, least=0.001))
    """τ: the seconds below which a gap is hardly one."""
    dropout: float = field(default=2 / 3, metadata=searched(0.05, 0.95, most=0.99))
    """p: the share of its inputs that the map must be able to miss."""
    ridge: float = 1.0
    """What the ridges of all contexts are multiplied by."""
    propensity: float = field(default=0.1, metadata=searched(0, 0.5))
    """gamma: with 0 all targets have the same mass."""
    max_rows: int = field(default=4000, metadata=possible(1))
    """The most movies with a row of their own; in memory the map has 2 K max_rows n_mapped bytes."""
    lent: float = field(default=0.5, metadata=searched(0, 1))
    """What an event counts that is at a movie without a row of its own; 0: nothing, it ages the others."""
    min_support: int = 20
    """The fewest events of a movie that is mapped."""


class SequenceState:
    """One user: what each context gives to every mapped movie, shape (K, n_mapped), and of how many events.

    `last` is when the last of them happened, in UTC microseconds.
    """

    __slots__ = ("count", "last", "sums")

    def __init__(self, sums: Floats, count: int, last: int) -> None:
        self.sums = sums
        self.count = count
        self.last = last


class SequenceModel:
    """The fitted maps, kept as 16-bit steps of a scale per (row, context)."""

    kind: ClassVar[str] = "sequence"

    def __init__(
        self, options: SequenceOptions, n_movies: int, arrays: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """`arrays` are those of `arrays()`."""
        self.options = options
        self.n_movies = n_movies
        self._arrays = arrays
        self._columns: Ints = arrays["columns"]
        self._places = self._columns.astype(np.intp)  # the type that indexing wants
        self._mapped = Rows.own(n_movies, self._columns)
        self._rows = Rows(arrays["rows"], arrays["shares"])
        self._map, self._scales, self._expected = arrays["map"], arrays["scales"], arrays["expected"]
        self._circumstances: Floats = arrays["circumstances"]
        self._forgetting = Forgetting.of(options.contexts, options.tau)

    @classmethod
    def fit(cls, interactions: Interactions, options: SequenceOptions | None = None) -> Self:
        """The maps of these interactions, over the most supported of their movies."""
        options = options or SequenceOptions()
        columns = supported(interactions, len(interactions.movies), options.min_support)
        owners = supported(interactions, options.max_rows, options.min_support)
        rows = Rows.of(interactions, owners, options.lent)
        K = len(options.contexts)
        sequences, expected = _sequences(interactions, rows, columns, options)
        gram, wish = normal_equations(sequences)
        maps, popular = np.split(
            _solved(gram, wish, options, int(np.count_nonzero(sequences.wanted >= 0))),
            [K * len(owners)],
            axis=1,
        )
        own = np.arange(len(owners))
        # an event says nothing of its own movie; solved for is only that what was met is never a target
        maps.reshape(len(columns), K, len(owners))[np.searchsorted(columns, owners), :, own] = 0
        map_, scales = _quantised(maps, K)
        arrays: dict[str, npt.NDArray[Any]] = {
            "columns": columns,
            "rows": rows.rows,
            "shares": rows.shares,
            "map": map_,
            "scales": scales,
            "expected": expected,
            "circumstances": np.ascontiguousarray(popular.T),
        }
        return cls(options, len(interactions.movies), arrays)

    def state(self, history: History) -> SequenceState:
        """The state after `history`; events at movies without a row do not count."""
        rows, gains, at = self._heard(history)
        sums = np.zeros((len(self.options.contexts), len(self._columns)), np.float32)
        _gather(sums, rows, gains, self._map)
        return SequenceState(sums, len(rows), int(at[-1]) if len(at) else 0)

    def fold_in(self, state: SequenceState, event: Folded) -> SequenceState:
        """state_k <- f_k state_k + s B_k[movie]; time O(K n_mapped)."""
        row = self._rows.rows[event.column] if event.column < self.n_movies else -1
        if row < 0:
            return state
        gains = self._scales[row] * (self._rows.shares[event.column] * np.float32(event.strength))
        fading = self._forgetting.steps[gap_class(event.at - state.last)]
        _fold(state.sums, fading, self._map[row], gains)
        state.count += 1
        state.last = event.at
        return state

    def phase(self, state: SequenceState, at: int | None = None) -> int:
        """The class of the time since the last event; within one, scores stay as they are."""
        return 0 if at is None or not state.count else gap_class(at - state.last)

    def scores(self, state: SequenceState, at: int | None = None) -> Floats:
        """sum_k a_k state_k + z' B_z over the mapped movies, 0 for the others; 0 before the first event."""
        scores = np.zeros(self.n_movies, np.float32)
        if state.count:
            weights, z = self._moment(state, at)
            scores[self._places] = weights @ state.sums + z @ self._circumstances
        return scores

    def base(self, state: SequenceState, at: int | None = None) -> Floats:
        """What no movie gave, z' B_z: what is popular after as many events and as long a wait."""
        base = np.zeros(self.n_movies, np.float32)
        if state.count:
            base[self._places] = self._moment(state, at)[1] @ self._circumstances
        return base

    def similar(self, column: int) -> Floats:
        """What one event at this movie would give to every other."""
        scores = np.zeros(self.n_movies, np.float32)
        row = self._rows.rows[column]
        if row >= 0:
            weights = self._expected[0, :-2] * self._scales[row] * self._rows.shares[column]
            scores[self._places] = weights @ self._map[row].astype(np.float32)
        return scores

    def explain(self, state: SequenceState, history: History, columns: Ints, at: int | None = None) -> Floats:
        """a_k F_k(q, n-1) s_q B_k[i_q, column] summed over k, shape (len(history), len(columns))."""
        given = np.zeros((len(history.columns), len(columns)), np.float32)
        if not state.count:
            return given
        events = self._rows.at(history.columns) >= 0
        rows, gains, _ = self._heard(history)
        wanted = self._mapped.at(columns)
        mapped = np.flatnonzero(wanted >= 0)
        weights = gains.T * self._moment(state, at)[0]
        maps = self._map[rows[:, None], :, wanted[mapped]]
        gave = np.matvec(maps.astype(np.float32), weights)
        given[np.ix_(events, mapped)] = gave
        return given

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The map as 16-bit steps, shape (n_rows, K, n_mapped), their scales, rows, shares, mapped columns.

        Also what is expected of the moment of asking, shape (CLASSES, K + 2), and B_z as `circumstances`.
        """
        return self._arrays

    def settings(self) -> Mapping[str, Any]:
        """The options, and the number of movies."""
        return {**asdict(self.options), "n_movies": self.n_movies}

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        options = {name: value for name, value in settings.items() if name != "n_movies"}
        options["contexts"] = tuple(Context(**context) for context in options["contexts"])
        model = cls(SequenceOptions(**options), settings["n_movies"], arrays)
        model._compile()
        return model

    def _compile(self) -> None:
        """Have everything compiled that a user would wait for."""
        for column in np.flatnonzero(self._rows.rows >= 0)[:1].tolist():
            once = History(np.array([column], np.int32), np.zeros(1, np.float32), np.zeros(1, np.int64))
            self.fold_in(self.state(once), Folded(column, 0.0, 0))

    def _heard(self, history: History) -> tuple[Ints, Floats, npt.NDArray[np.int64]]:
        """Of the events with a row these, F_k(q, n-1) s_q times the scale, shape (K, n), and the moments."""
        rows = self._rows.at(history.columns)
        known = rows >= 0
        rows, at = rows[known], history.at[known]
        strengths = history.strengths[known] * self._rows.shares[history.columns[known]]
        steps = self._forgetting.steps[gap_classes(np.diff(at))]
        kept = np.ones((len(rows), steps.shape[1]), np.float32)
        kept[:-1] = np.cumprod(steps[::-1], axis=0)[::-1]
        kept[kept < _FADED] = 0
        return rows, np.ascontiguousarray((kept * self._scales[rows]).T * strengths), at

    def _moment(self, state: SequenceState, at: int | None) -> tuple[Floats, Floats]:
        """The expected a_k and z of a user with these events, asked at this moment."""
        expected = self._expected[self.phase(state, at)]
        weights = expected[:-2] * np.float32(state.count) ** -self._forgetting.shares
        return weights, circumstances(expected[-2], expected[-1], state.count)


@njit(cache=True, fastmath=True)
def _add(sums: Floats, row: npt.NDArray[np.int16], gain: np.float32) -> None:
    for j in range(len(sums)):
        sums[j] += gain * row[j]


@njit(cache=True, nogil=True)
def _gather(sums: Floats, rows: Ints, gains: Floats, map_: npt.NDArray[np.int16]) -> None:
    """state_k = sum_q gain_k(q) map_k of the row of q; what has faded costs nothing."""
    for k in range(sums.shape[0]):
        for q in range(len(rows)):
            if gains[k, q] != 0:
                _add(sums[k], map_[rows[q], k], gains[k, q])


@njit(cache=True)
def _fold(sums: Floats, fading: Floats, row: npt.NDArray[np.int16], gains: Floats) -> None:
    """state_k <- f_k state_k + gain_k map_k, in one pass."""
    for k in range(sums.shape[0]):
        for j in range(sums.shape[1]):
            sums[k, j] = fading[k] * sums[k, j] + gains[k] * row[k, j]


def _sequences(
    interactions: Interactions, rows: Rows, columns: Ints, options: SequenceOptions
) -> tuple[Sequences, Floats]:
    """The events at movies with a row, and what is expected of the moment of asking (see `contexts`).

    Targets are the positive events at movies with a column that are the first of their user and movie.
    """
    kept, new = _kept(interactions, rows)
    places = places_of(kept.users)
    later = places > 0
    gaps = gap_classes(np.diff(kept.at, prepend=0)) * later
    counts = np.maximum(places, 1)
    forgetting = Forgetting.of(options.contexts, options.tau)
    mapped = Rows.own(len(kept.movies), columns).rows[kept.columns]
    wanted = np.where(new & (kept.strengths > 0) & later, mapped, np.int32(-1))
    sequences = Sequences(
        places=places,
        rows=rows.rows[kept.columns],
        strengths=kept.strengths * rows.shares[kept.columns],
        wanted=wanted,
        masses=_masses(wanted, len(columns), options.propensity),
        steps=np.ascontiguousarray(forgetting.steps[np.append(gaps[1:], 0)].T),
        weights=np.ascontiguousarray(forgetting.weights(gaps, counts).T) * later,
        circumstances=forgetting.circumstances(gaps, counts) * later[:, None],
        n_rows=int(rows.rows.max(initial=-1)) + 1,
        n_columns=len(columns),
    )
    return sequences, forgetting.expected(gaps[later])


def _kept(interactions: Interactions, rows: Rows) -> tuple[Interactions, npt.NDArray[np.bool_]]:
    """The events that are trained on, and which of them are the first of their user and movie."""
    row = rows.rows[interactions.columns]
    kept = (row >= 0) & latest(interactions.users) & latest_of_pairs(interactions.users, row, _REPEATED)
    first = first_of_pairs(interactions.users, interactions.columns)
    events = interactions._replace(
        users=interactions.users[kept],
        columns=interactions.columns[kept],
        strengths=interactions.strengths[kept],
        at=interactions.at[kept],
    )
    return events, first[kept]


def _masses(wanted: Ints, n_columns: int, propensity: float) -> Floats:
    """m_t of each target, 0 where there is none."""
    targets = wanted >= 0
    n = np.maximum(np.bincount(wanted[targets], minlength=n_columns), 1)
    masses = np.zeros(len(wanted), np.float32)
    masses[targets] = (n**-propensity)[wanted[targets]]
    masses *= np.count_nonzero(targets) / max(float(masses.sum()), 1e-9)
    return masses


def _solved(gram: Floats, wish: Floats, options: SequenceOptions, targets: int) -> Floats:
    """B', shape (n_columns, K*n_rows + CIRCUMSTANCES), in place of `wish`; `gram` is used up.

    The matrices are in C order, so LAPACK sees their transposes: the lower triangle is its upper one.
    """
    if not len(wish):
        return wish
    n = (len(gram) - CIRCUMSTANCES) // len(options.contexts)
    million = max(targets, 1) / 1e6
    ridges = [options.ridge * context.ridge * million for context in options.contexts]
    diagonal = np.einsum("ii->i", gram)
    diagonal[:-CIRCUMSTANCES] *= 1 / (1 - options.dropout)  # 1 + p / (1 - p)
    diagonal += np.append(np.repeat(ridges, n), np.full(CIRCUMSTANCES, _LITTLE)).astype(np.float32)
    factor, info = spotrf(gram.T, lower=0, overwrite_a=1, clean=0)
    if info:
        raise TrainingError(
            f"the sequential equations are singular at row {info}; raise the ridges of the contexts"
        )
    maps: Floats = spotrs(factor, wish.T, lower=0, overwrite_b=1)[0].T
    return maps


def _quantised(maps: Floats, K: int) -> tuple[npt.NDArray[np.int16], Floats]:
    """The maps as (row, context, next movie) in 16-bit steps, and a step's size per (row, context)."""
    n = maps.shape[1] // K
    maps = maps.reshape(len(maps), K, n)
    map_ = np.empty((n, K, len(maps)), np.int16)
    scales = np.maximum(maps.max(axis=0, initial=0), -maps.min(axis=0, initial=0)).T / _LARGEST
    sizes = np.where(scales > 0, scales, 1)
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        map_[block] = np.rint(maps[:, :, block].transpose(2, 1, 0) / sizes[block, :, None])
    return map_, scales.astype(np.float32)
