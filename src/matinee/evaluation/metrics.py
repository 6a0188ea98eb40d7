"""Figures of a ranking: from the rank of every target. Those of what is shown are in `beyond`."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.evaluation.walk import Flags
from matinee.models.base import Floats, Ints

Doubles = npt.NDArray[np.float64]
MISSED = np.iinfo(np.int32).max
"""The rank of a target that the model cannot recommend at all."""


class Figure(NamedTuple):
    """A mean, and its standard error, which takes everything of one user as one observation."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f}"


class Figures(NamedTuple):
    """What training reports: HR@k, NDCG@k, MRR over the whole catalogue, and the share of it ever shown."""

    k: int
    targets: int
    users: int
    hit_rate: Figure
    ndcg: Figure
    mrr: Figure
    coverage: float


class Asked(NamedTuple):
    """What was asked of a model and how it did: `users` and `unseen` per list, the others per target.

    `ranks` count from 0 among the unseen movies; `lists` says which list a target belongs to; `unseen` is
    how many movies were ranked.
    """

    users: Ints
    unseen: Ints
    lists: Ints
    ranks: Ints

    @classmethod
    def of(cls, users: Sequence[int], unseen: Sequence[int], ranks: Sequence[Ints]) -> "Asked":
        """These lists, with the ranks of the targets of each."""
        lists = np.repeat(np.arange(len(users), dtype=np.int32), [len(each) for each in ranks])
        together = np.concatenate([np.zeros(0, np.int32), *ranks])
        return cls(np.array(users, np.int32), np.array(unseen, np.int32), lists, together)


class Worth(NamedTuple):
    """What a figure is the mean of: one number for each observation, and the user that it is of."""

    each: Doubles
    users: Ints

    @property
    def figure(self) -> Figure:
        """The mean."""
        return mean(self.each, self.users)

    def over(self, other: "Worth") -> Figure:
        """The mean of the differences from `other`, which is of the same observations."""
        return mean(self.each - other.each, self.users)

    @classmethod
    def joined(cls, parts: Sequence["Worth"]) -> "Worth":
        """All the observations of these."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def rank(scores: Floats, seen: Flags, target: int) -> int:
    """The place of `target`, from 0, among the unseen movies; ties count against it.

    A target that is not in `scores`, or whose score is no number, is `MISSED`.
    """
    if target >= len(scores) or np.isnan(scores[target]):
        return MISSED
    ahead = scores >= scores[target]
    return int(np.count_nonzero(ahead > seen)) - 1


def ranks(scores: Floats, seen: Flags, targets: Ints) -> Ints:
    """The `rank` of each of these unseen targets, all of them in `scores`."""
    if len(targets) == 1:
        return np.array([rank(scores, seen, int(targets[0]))], np.int32)
    ranked = np.sort(scores[~seen])
    return (len(ranked) - np.searchsorted(ranked, scores[targets], "left") - 1).astype(np.int32)


def best(scores: Floats, seen: Flags, k: int) -> npt.NDArray[np.int64]:
    """The columns of the `k` best unseen movies, in no order."""
    unseen = np.where(seen, -np.inf, scores)
    if len(unseen) <= k:
        return np.flatnonzero(~seen)
    top = np.argpartition(unseen, -k)[-k:]
    return top[~seen[top]]


def of_targets(asked: Asked) -> dict[str, Figure]:
    """HR@10, NDCG@10, HR@20 and MRR: means over targets, each ranked on its own, ideal gain 1."""
    users = asked.users[asked.lists]
    return {
        "HR@10": mean(hits(asked.ranks, 10), users),
        "NDCG@10": gains_of_targets(asked).figure,
        "HR@20": mean(hits(asked.ranks, 20), users),
        "MRR": mean(reciprocals(asked.ranks), users),
    }


def of_lists(asked: Asked) -> dict[str, Figure]:
    """Recall@20, Recall@50 and NDCG@100 as in Liang et al. (WWW 2018): means over lists.

    Recall@k is hits / min(k, targets); the ideal of NDCG is truncated at min(targets, 100).
    """
    figures = {}
    for k in (20, 50):
        found, n, users = _per_list(asked, hits(asked.ranks, k))
        figures[f"Recall@{k}"] = mean(found / np.minimum(k, n), users)
    return figures | {"NDCG@100": gains_of_lists(asked).figure}


def gains_of_targets(asked: Asked) -> Worth:
    """What NDCG@10 is the mean of in `of_targets`: the gain of every target."""
    return Worth(gains(asked.ranks, 10), asked.users[asked.lists])


def gains_of_lists(asked: Asked) -> Worth:
    """What NDCG@100 is the mean of in `of_lists`: the gain of every list, as a share of the ideal."""
    gained, n, users = _per_list(asked, gains(asked.ranks, 100))
    ideal = np.cumsum(1 / np.log2(np.arange(2, 102)))
    return Worth(gained / ideal[np.minimum(n, 100) - 1], users)


WORTH: Mapping[str, Callable[[Asked], Worth]] = {"NDCG@10": gains_of_targets, "NDCG@100": gains_of_lists}
"""What the figures that settings are chosen by are the means of."""


def _per_list(asked: Asked, worth: Doubles) -> tuple[Doubles, npt.NDArray[np.int64], Ints]:
    """The sum of `worth` over the targets of each list that has any, how many those are, and its user."""
    n = np.bincount(asked.lists, minlength=len(asked.users))
    asking = np.flatnonzero(n)
    sums = np.bincount(asked.lists, worth, len(asked.users)).astype(np.float64)
    return sums[asking], n[asking], asked.users[asking]


def by_chance(asked: Asked) -> dict[str, Figure]:
    """The HR@10 of a random order: the mean over targets of min(10, n) / n, n movies being ranked."""
    n = asked.unseen[asked.lists]
    return {"random HR@10": mean(np.minimum(10, n) / n, asked.users[asked.lists])}


def hits(ranks: Ints, k: int) -> Doubles:
    """1 where a rank is among the first `k`, else 0."""
    return (ranks < k).astype(np.float64)


def gains(ranks: Ints, k: int) -> Doubles:
    """1 / log2(rank + 2) where a rank is among the first `k`, else 0."""
    return np.where(ranks < k, 1 / np.log2(ranks + 2.0), 0.0)


def reciprocals(ranks: Ints) -> Doubles:
    """1 / (rank + 1), 0 where missed."""
    return np.where(ranks == MISSED, 0.0, 1 / (ranks + 1.0))


def figures(ranks: Ints, users: Ints, k: int, coverage: float) -> Figures:
    """The figures of targets with these ranks, from 0, of these users."""
    return Figures(
        k=k,
        targets=len(ranks),
        users=len(np.unique(users)),
        hit_rate=mean(hits(ranks, k), users),
        ndcg=mean(gains(ranks, k), users),
        mrr=mean(reciprocals(ranks), users),
        coverage=coverage,
    )


def mean(worth: Doubles, users: Ints) -> Figure:
    """The mean, with the standard error for observations that come in clusters, one per user."""
    if not len(worth):
        return Figure(0.0, 0.0)
    value = float(worth.mean())
    per_user = np.bincount(np.unique(users, return_inverse=True)[1], worth - value)
    return Figure(value, float(np.sqrt(np.sum(per_user**2)) / len(worth)))
