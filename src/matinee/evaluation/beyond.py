"""Beyond accuracy: what the lists of ten are like, whatever was hit.

With users(i) the training users of movie i, n of them in all, and L a list shown to a user:

    coverage    = the share of the catalogue that is in any list
    Gini        = sum_j (2 j - m - 1) x_j / (m sum_j x_j), x_1 <= .. <= x_m how often each movie is shown:
                  0 when all are shown alike, near 1 when few have everything
    novelty     = the mean over L of -log2(max(users(i), 1) / n)
    diversity   = the mean over pairs of L of 1 - |genres(i) & genres(j)| / |genres(i) | genres(j)|;
                  two movies without genres have nothing in common
    popularity  = the mean over L of users(i) / n
    calibration = sum_g p(g) ln(p(g) / q~(g)), q~ = (1 - a) q + a p, a = .01 (Steck, RecSys 2018): p is the
                  mean over the history of p(g|i) = 1 / |genres(i)|, q the same over L; 0 is perfect

Means are over lists; those to which a figure does not apply (no history, no pairs) are left out, and so is a
figure that applies to none.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from matinee.evaluation.metrics import Doubles, Figure, mean
from matinee.events.types import Facts
from matinee.models.base import Floats, Interactions, Ints

K = 10
"""The length of the lists."""
_A = 0.01
_BLOCK = 4096


class Catalogue(NamedTuple):
    """What the figures need of the movies: `shares` are the training users of each, as a share of all.

    `genres` is p(g|i), shape (n_movies, n_genres): rows sum to 1, or to 0 where no genre is known.
    """

    shares: Doubles
    least: float
    genres: Floats


class Shown(NamedTuple):
    """Lists of `users`: `movies`, shape (n, K), -1 where a list is shorter.

    `past` is p(g|i) summed over each history, shape (n, n_genres).
    """

    users: Ints
    movies: Ints
    past: Floats


def catalogue(given: Interactions, movies: Sequence[str], facts: Mapping[str, Facts]) -> Catalogue:
    """The catalogue of these movies, the first of which are those of the training events `given`."""
    pairs = np.unique(given.users.astype(np.int64) * len(movies) + given.columns)
    counts = np.bincount(pairs % len(movies), minlength=len(movies))
    n = max(len(np.unique(given.users)), 1)
    known = [facts[movie].genres or () if movie in facts else () for movie in movies]
    number = {name: column for column, name in enumerate(sorted({name for names in known for name in names}))}
    genres = np.zeros((len(movies), len(number)), np.float32)
    for row, names in enumerate(known):
        genres[row, [number[name] for name in names]] = 1 / max(len(names), 1)
    return Catalogue(counts / n, 1 / n, genres)


def beyond(lists: Shown, of: Catalogue) -> dict[str, Figure | float]:
    """The figures above; coverage and Gini, which are of all lists together, have no error."""
    shown = np.bincount(lists.movies[lists.movies >= 0], minlength=len(of.shares))
    parts = [_per_list(lists, of, block) for block in _blocks(len(lists.users))]
    per_list = {
        name: np.concatenate([part[name] for part in parts]) if parts else np.zeros(0)
        for name in ("novelty", "diversity", "popularity", "calibration")
    }
    applies = {name: ~np.isnan(worth) for name, worth in per_list.items()}
    means = {
        f"{name}@{K}": mean(worth[applies[name]], lists.users[applies[name]])
        for name, worth in per_list.items()
        if applies[name].any()
    }
    return {f"coverage@{K}": float(np.mean(shown > 0)), f"Gini@{K}": gini(shown), **means}


def gini(shown: np.ndarray) -> float:
    """The Gini coefficient of these counts."""
    m, total = len(shown), int(shown.sum())
    if not total:
        return 0.0
    weights = 2 * np.arange(1, m + 1) - m - 1
    return float(weights @ np.sort(shown) / (m * total))


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))


def _per_list(lists: Shown, of: Catalogue, block: slice) -> dict[str, Doubles]:
    movies = lists.movies[block]
    there = movies >= 0
    length = there.sum(axis=1)
    shares = of.shares[movies]
    with np.errstate(invalid="ignore", divide="ignore"):  # what does not apply is not a number
        return {
            "novelty": np.sum(-np.log2(np.maximum(shares, of.least)) * there, axis=1) / length,
            "diversity": _diversity(of.genres[movies] > 0, there),
            "popularity": np.sum(shares * there, axis=1) / length,
            "calibration": _calibration(lists.past[block], np.einsum("nkg,nk->ng", of.genres[movies], there)),
        }


def _diversity(genres: np.ndarray, there: np.ndarray) -> Doubles:
    """The mean Jaccard distance over the pairs of each list."""
    has = (genres & there[:, :, None]).astype(np.float32)
    common = has @ has.transpose(0, 2, 1)
    sizes = has.sum(axis=2)
    either = sizes[:, :, None] + sizes[:, None, :] - common
    pair = there[:, :, None] & there[:, None, :] & ~np.eye(there.shape[1], dtype=bool)
    alike = common / np.maximum(either, 1)
    distance: Doubles = np.sum((1 - alike) * pair, axis=(1, 2), dtype=np.float64) / pair.sum(axis=(1, 2))
    return distance


def _calibration(past: np.ndarray, shown: np.ndarray) -> Doubles:
    """How far the sums of p(g|i) over the list are from those over the history."""
    p = past / past.sum(axis=1, keepdims=True, dtype=np.float64)
    return divergence(p, shown / np.maximum(shown.sum(axis=1, keepdims=True, dtype=np.float64), 1e-12))


def divergence(p: np.ndarray, q: np.ndarray) -> Doubles:
    """sum_g p(g) ln(p(g) / q~(g)), g being the last dimension of both."""
    ratio = np.where(p > 0, p / np.maximum((1 - _A) * q + _A * p, 1e-300), 1.0)
    apart: Doubles = np.sum(p * np.log(ratio), axis=-1)
    return apart
