"""The normal equations of the sequential model, by one pass over pairs of events.

Position t of a user's sequence has K contexts, x_k(t) = w_k(t) * sum_{q<t} g_k^(t-1-q) s_q e(i_q), and, where
its event is a target (m_t = 1), the wish y(t) = e(i_t). Wanted are G_kl = sum_t m_t x_k(t) x_l(t)' and
C_k = sum_t m_t x_k(t) y(t)'. The contexts are never built: positions p <= q of one user meet in G_kl with

    s_p s_q g_k^(q-p) W_kl(q),    W_kl(q) = sum_{t>q} m_t w_k(t) w_l(t) (g_k g_l)^(t-1-q)
                                          = m_{q+1} w_k(q+1) w_l(q+1) + g_k g_l W_kl(q+1)

so every pair costs K additions per k, whatever lies between; a pair whose g_k^(q-p) has vanished costs none.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.models.base import Floats, Ints

_VANISHED = 1e-7
_BLOCK = 1024
_PAIRS = 4_000_000


class Sequences(NamedTuple):
    """Events as the map sees them: parallel arrays in order of (user, time), `rows` below `n_rows`."""

    positions: Ints
    rows: Ints
    strengths: Floats
    targets: npt.NDArray[np.bool_]
    n_rows: int


class Decays(NamedTuple):
    """How each context forgets: `factors` per event, and whether it is divided by the root of its length."""

    factors: tuple[float, ...]
    rooted: tuple[bool, ...]

    def weights(self, positions: Ints) -> Floats:
        """w_k(t), shape (K, n): 1, or 1/sqrt(t) where rooted; 0 for a first event, which has no context."""
        weights = np.empty((len(self.factors), len(positions)), np.float32)
        for k, rooted in enumerate(self.rooted):
            weights[k] = 1 / np.sqrt(np.maximum(positions, 1)) if rooted else 1
        weights[:, positions == 0] = 0
        return weights


def positions(users: Ints) -> Ints:
    """The place of every event within its user's sequence, from 0; `users` is sorted."""
    starts = np.flatnonzero(np.r_[True, users[1:] != users[:-1]]) if len(users) else np.zeros(0, int)
    lengths = np.diff(np.r_[starts, len(users)])
    return (np.arange(len(users)) - np.repeat(starts, lengths)).astype(np.int32)


def normal_equations(sequences: Sequences, decays: Decays) -> tuple[Floats, Floats]:
    """(lower, wish): the Gram matrix, shape (K*n, K*n), and the cross terms, shape (n, K*n).

    Only the lower triangle and the diagonal of the first hold G, rows and columns by (k, movie);
    `wish[j, (k, i)]` is C_k[i, j].
    """
    K, n = len(decays.factors), sequences.n_rows
    lower = np.zeros((K, n, K, n), np.float32)
    wish = np.zeros((n, K, n), np.float32)
    weights = decays.weights(sequences.positions)
    W = _tails(sequences, decays, weights)
    _add_own(lower, sequences, W)
    _add_pairs(lower, wish, sequences, decays, W, weights)
    square = lower.reshape(K * n, K * n)
    _mirror(square)
    return square, wish.reshape(n, K * n)


def _tails(sequences: Sequences, decays: Decays, weights: Floats) -> Floats:
    """W_kl(q), shape (K, K, n_events), by the backward recurrence, all users abreast."""
    K, n = weights.shape
    g = np.asarray(decays.factors, np.float32)
    gain = weights[:, None, :] * weights[None, :, :] * sequences.targets
    W = np.zeros((K, K, n), np.float32)
    order = np.argsort(-sequences.positions, kind="stable")
    bounds = np.flatnonzero(np.diff(sequences.positions[order])) + 1
    for after in np.split(order, bounds)[:-1]:  # the events at one position, the last position first
        W[:, :, after - 1] = gain[:, :, after] + (g[:, None] * g[None, :])[:, :, None] * W[:, :, after]
    return W


def _add_own(lower: Floats, sequences: Sequences, W: Floats) -> None:
    """The pairs p = q; half of each, because the mirroring doubles the diagonal of every block."""
    rows, n = sequences.rows, sequences.n_rows
    diagonal = np.arange(n)
    for k, m in np.ndindex(W.shape[:2]):
        own = np.bincount(rows, sequences.strengths**2 * W[k, m] / 2, minlength=n)
        lower[m, diagonal, k, diagonal] += own.astype(np.float32)


def _add_pairs(
    lower: Floats, wish: Floats, sequences: Sequences, decays: Decays, W: Floats, weights: Floats
) -> None:
    """The pairs p < q, some lags q - p at a time, in order of the later movie, so that rows stay in cache."""
    K, n = len(decays.factors), sequences.n_rows
    rows, strengths = sequences.rows.astype(np.int64), sequences.strengths
    flat_lower, flat_wish = lower.reshape(-1), wish.reshape(-1)
    later = _Later.of(sequences, W, weights)
    longest, lag = int(sequences.positions.max(initial=0)), 1
    while lag <= longest:
        later = later.reaching(lag)
        lags = np.arange(lag, min(lag + 1 + _PAIRS // (1 + len(later.events)), longest + 1))
        lag = int(lags[-1]) + 1
        earlier = later.events[:, None] - lags  # wraps where there is none, and then counts for nothing
        place = (rows[later.events, None] * (K * n) + rows[earlier]).ravel()
        given = strengths[earlier] * (later.positions[:, None] >= lags)
        for k, g in enumerate(decays.factors):
            if g ** int(lags[0] - 1) < _VANISHED:
                continue
            decayed = given * (g ** (lags - 1)).astype(np.float32)
            np.add.at(flat_wish[k * n :], place, (decayed * later.wish[k][:, None]).ravel())
            decayed *= np.float32(g)
            for m in range(K):
                gram = (decayed * later.gram[k, m][:, None]).ravel()
                np.add.at(flat_lower[m * K * n * n + k * n :], place, gram)


class _Later(NamedTuple):
    """The later events of the pairs, in order of their movie: s_q W_kl(q) and m_q w_k(q) of each."""

    events: npt.NDArray[np.int64]
    positions: Ints
    gram: Floats
    wish: Floats

    @classmethod
    def of(cls, sequences: Sequences, W: Floats, weights: Floats) -> "_Later":
        events = np.argsort(sequences.rows, kind="stable")
        gram, wish = sequences.strengths * W, weights * sequences.targets
        return cls(events, sequences.positions[events], gram[:, :, events], wish[:, events])

    def reaching(self, lag: int) -> "_Later":
        """Those with an event at least `lag` before them."""
        alive = self.positions >= lag
        return _Later(self.events[alive], self.positions[alive], self.gram[..., alive], self.wish[..., alive])


def _mirror(square: Floats) -> None:
    """Add the transpose, in the lower triangle only, without a second matrix."""
    n = len(square)
    for top in range(0, n, _BLOCK):
        rows = slice(top, top + _BLOCK)
        for left in range(0, top + 1, _BLOCK):
            columns = slice(left, left + _BLOCK)
            block = square[rows, columns]
            square[rows, columns] = block + square[columns, rows].T
