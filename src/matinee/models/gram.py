"""The normal equations of the sequential model, by one pass over pairs of events.

Place t of a user's life has K contexts, x_k(t) = a_k(t) sum_{q<t} F_k(q, t-1) s_q e(i_q), where i_q
is the row of event q and F_k(q, r) the product of the steps f_k from event q to event r, and m circumstances
z(t). Where its event is a target, of mass m_t > 0, the wish is y(t) = e(j_t), with j_t the column wanted.
Wanted are the Gram matrix and the cross terms

    G = sum_t m_t u(t) u(t)',    C = sum_t m_t y(t) u(t)',    u(t) = [x_1(t), ..., x_K(t), z(t)].

The contexts are never built: places p <= q of one user meet in the block (k, l) with

    s_p s_q F_k(p, q) W_kl(q),    W_kl(q) = sum_{t>q} m_t a_k(t) a_l(t) F_k(q, t-1) F_l(q, t-1)
                                          = m_{q+1} a_k(q+1) a_l(q+1) + f_k(q) f_l(q) W_kl(q+1),

and place q meets the circumstances with s_q V_k(q), V_k(q) = m_{q+1} a_k(q+1) z(q+1) + f_k(q) V_k(q+1). So
every pair costs K additions per k, whatever lies between; a pair whose F_k(p, q) has vanished costs none.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from matinee.models.base import Floats, Ints
from matinee.models.lives import Longs, grouped

_VANISHED = 1e-7
"""A pair that counts less than this is left out: less than rounding in the sum."""
_BLOCK = 1024


class Sequences(NamedTuple):
    """Events as the map sees them: parallel arrays in order of (user, time), `rows` below `n_rows`.

    `wanted[t]` is the column of a target, below `n_columns`, and -1 where there is none; `masses[t]` is m_t,
    0 where there is none; `steps[k, q]` is f_k from event q to the next one, from 0 to 1; `weights[k, t]` is
    a_k(t), 0 for a first event; `circumstances[t]` is z(t).
    """

    places: Ints
    rows: Ints
    strengths: Floats
    wanted: Ints
    masses: Floats
    steps: Floats
    weights: Floats
    circumstances: Floats
    n_rows: int
    n_columns: int


def normal_equations(sequences: Sequences) -> tuple[Floats, Floats]:
    """(lower, wish): G, shape (K*n + m, K*n + m), and C, shape (n_columns, K*n + m), with n rows.

    Of the first only the lower triangle and the diagonal are G, its rows and columns by (k, movie), then z.
    """
    K, n, m = len(sequences.steps), sequences.n_rows, sequences.circumstances.shape[1]
    lower = np.zeros((K * n + m, K * n + m), np.float32)
    wish = np.zeros((sequences.n_columns, K * n + m), np.float32)
    wanted = sequences.weights * sequences.masses
    W, V = _tails(sequences.places, sequences.steps, sequences.weights, wanted, sequences.circumstances)
    _add_pairs(lower, *_Grouped.by(sequences.rows, n, sequences), W)
    _add_wishes(wish, n, *_Grouped.by(sequences.wanted, sequences.n_columns, sequences), wanted)
    _mirror(lower[: K * n, : K * n])
    _add_circumstances(lower, wish, sequences, V)
    return lower, wish


class _Grouped(NamedTuple):
    """What the passes over pairs read; `events[bounds[i] : bounds[i + 1]]` are those with key i, in order."""

    events: Longs
    bounds: Longs
    places: Ints
    rows: Ints
    strengths: Floats
    steps: Floats

    @classmethod
    def by(cls, keys: Ints, n: int, sequences: Sequences) -> "_Grouped":
        """All events by keys below `n`; -1 is no key."""
        events, bounds = grouped(keys, n)
        return cls(events, bounds, *sequences[:3], sequences.steps)


@njit(cache=True)
def _tails(places: Ints, steps: Floats, weights: Floats, wanted: Floats, z: Floats) -> tuple[Floats, Floats]:
    """W_kl(q), shape (n_events, K, K), and V_k(q), shape (n_events, K, m), by the backward recurrence."""
    K, n_events = steps.shape
    W = np.zeros((n_events, K, K), np.float32)
    V = np.zeros((n_events, K, z.shape[1]), np.float32)
    for q in range(n_events - 2, -1, -1):
        if places[q + 1] == 0:  # q is the last event of its user
            continue
        for k in range(K):
            for l in range(K):
                own = wanted[k, q + 1] * weights[l, q + 1]
                W[q, k, l] = own + steps[k, q] * steps[l, q] * W[q + 1, k, l]
            for i in range(z.shape[1]):
                V[q, k, i] = wanted[k, q + 1] * z[q + 1, i] + steps[k, q] * V[q + 1, k, i]
    return W, V


@njit(parallel=True, cache=True)
def _add_pairs(
    lower: Floats,
    events: Longs,
    bounds: Longs,
    places: Ints,
    rows: Ints,
    strengths: Floats,
    steps: Floats,
    W: Floats,
) -> None:
    """The pairs p <= q. All later events q at one movie are one task: nobody else writes its rows.

    Of a pair p = q a half is added, because the mirroring doubles it.
    """
    K, n = len(steps), len(bounds) - 1
    for i in prange(n):
        F = np.empty(K, np.float32)
        for place in range(bounds[i], bounds[i + 1]):
            q = events[place]
            F[:] = strengths[q]
            _add_pair(lower, n, i, i, strengths[q] / 2, F, W[q])
            for p in range(q - 1, q - 1 - places[q], -1):
                strongest = np.float32(0)
                for k in range(K):
                    F[k] *= steps[k, p]
                    strongest = max(strongest, abs(F[k]))
                if strongest < _VANISHED:
                    break
                _add_pair(lower, n, i, rows[p], strengths[p], F, W[q])


@njit(cache=True)
def _add_pair(lower: Floats, n: int, later: int, earlier: int, strength: float, F: Floats, W: Floats) -> None:
    for k in range(len(F)):
        if abs(F[k]) >= _VANISHED:
            for l in range(len(F)):
                lower[l * n + later, k * n + earlier] += strength * F[k] * W[k, l]


@njit(parallel=True, cache=True)
def _add_wishes(
    wish: Floats,
    n: int,
    events: Longs,
    bounds: Longs,
    places: Ints,
    rows: Ints,
    strengths: Floats,
    steps: Floats,
    wanted: Floats,
) -> None:
    """What led to each target: the pairs p < t. All targets at one movie are one task."""
    K = len(steps)
    for i in prange(len(bounds) - 1):
        F = np.empty(K, np.float32)
        for place in range(bounds[i], bounds[i + 1]):
            t = events[place]
            F[:] = wanted[:, t]
            for p in range(t - 1, t - 1 - places[t], -1):
                strongest = np.float32(0)
                for k in range(K):
                    wish[i, k * n + rows[p]] += strengths[p] * F[k]
                    F[k] *= steps[k, p - 1]
                    strongest = max(strongest, abs(F[k]))
                if strongest < _VANISHED:
                    break


def _add_circumstances(lower: Floats, wish: Floats, sequences: Sequences, V: Floats) -> None:
    """The rows of z in G, with the contexts and with itself, and its columns in C."""
    n, z = sequences.n_rows, sequences.circumstances
    targets = sequences.wanted >= 0
    wanted, massed = sequences.wanted[targets], z[targets] * sequences.masses[targets, None]
    top = len(lower) - z.shape[1]
    lower[top:, top:] = massed.T @ z[targets]
    for i in range(z.shape[1]):
        wish[:, top + i] = np.bincount(wanted, massed[:, i], minlength=len(wish))
        for k in range(len(sequences.steps)):
            met = np.bincount(sequences.rows, sequences.strengths * V[:, k, i], minlength=n)
            lower[top + i, k * n : (k + 1) * n] = met


def _mirror(square: Floats) -> None:
    """Add the transpose, in the lower triangle only, without a second matrix."""
    n = len(square)
    for top in range(0, n, _BLOCK):
        rows = slice(top, top + _BLOCK)
        for left in range(0, top + 1, _BLOCK):
            columns = slice(left, left + _BLOCK)
            block = square[rows, columns]
            square[rows, columns] = block + square[columns, rows].T
