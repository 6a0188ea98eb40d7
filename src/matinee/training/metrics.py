"""Figures of a ranking: from the rank of every target, and from the lists that were shown."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.models.base import Floats, Ints

MISSED = np.iinfo(np.int32).max
"""The rank of a target that the model cannot recommend at all."""


class Figure(NamedTuple):
    """A mean over targets, and its standard error, which takes one user's targets as one observation."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f}"


class Gains(NamedTuple):
    """Of each target what it adds to HR@k, to NDCG@k (its only relevant movie) and to MRR, from 0 to 1."""

    hit: npt.NDArray[np.float64]
    ndcg: npt.NDArray[np.float64]
    reciprocal_rank: npt.NDArray[np.float64]


class Figures(NamedTuple):
    """What a model is worth: HR@k, NDCG@k, MRR over the whole catalogue, and the share of it ever shown."""

    k: int
    targets: int
    users: int
    hit_rate: Figure
    ndcg: Figure
    mrr: Figure
    coverage: float


def rank(scores: Floats, seen: npt.NDArray[np.bool_], target: int) -> int:
    """The place of `target`, from 0, among the unseen movies; ties count against it.

    A target that is not in `scores` is `MISSED`.
    """
    if target >= len(scores):
        return MISSED
    ahead = scores >= scores[target]
    return int(np.count_nonzero(ahead > seen)) - 1


def gains(ranks: Ints, k: int) -> Gains:
    """What targets with these ranks, from 0, are worth."""
    places = ranks.astype(np.float64) + 1
    top = places <= k
    return Gains(
        hit=top.astype(np.float64),
        ndcg=np.where(top, 1 / np.log2(places + 1), 0.0),
        reciprocal_rank=np.where(ranks == MISSED, 0.0, 1 / places),
    )


def figures(ranks: Ints, users: Ints, k: int, coverage: float) -> Figures:
    """The figures of targets with these ranks, from 0, of these users."""
    gained = gains(ranks, k)
    return Figures(
        k=k,
        targets=len(ranks),
        users=len(np.unique(users)),
        hit_rate=mean(gained.hit, users),
        ndcg=mean(gained.ndcg, users),
        mrr=mean(gained.reciprocal_rank, users),
        coverage=coverage,
    )


def mean(gains: npt.NDArray[np.float64], users: Ints) -> Figure:
    """The mean, with the standard error for targets that come in clusters, one per user."""
    if not len(gains):
        return Figure(0.0, 0.0)
    value = float(gains.mean())
    per_user = np.bincount(np.unique(users, return_inverse=True)[1], gains - value)
    return Figure(value, float(np.sqrt(np.sum(per_user**2)) / len(gains)))
