"""The weights of the blend, chosen by validation: for every bucket of history length by its own targets.

What weights are worth to a bucket is the mean of 1 / log2(2 + rank) over its targets (NDCG without a cutoff,
which wastes no target), ranks being those of live evaluation. Where histories are long, the target is what
came next; of beginners, who are few and whose list stands while they look around, all that came in the next
ten events.
From the best single part on, one weight at a time is moved over a fixed grid and kept where that grows:
deterministic, and with popularity never below its smallest step, so that those of whom nothing speaks are
still in an order.
"""

from typing import NamedTuple

import numpy as np

from matinee.evaluation.walk import Flags, Moment, walk
from matinee.models.base import Floats, Interactions, Ints
from matinee.models.blend import BUCKETS, DEFAULT_WEIGHTS, PARTS, Blend, bucket
from matinee.models.popular import AHEAD

_GRID = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5)
_ROUNDS = 2
_ENOUGH = 30
"""With fewer moments than this a bucket borrows the weights of the nearest that has as many."""


class Sample(NamedTuple):
    """One moment as the search sees it: `scores` of the unseen movies, shape (parts, n_unseen).

    `targets` are columns of it; `spread` is how much the scores of each part differ.
    """

    bucket: int
    scores: Floats
    targets: Ints
    spread: Floats


def sampled(blend: Blend, whole: Interactions, wanted: Flags) -> list[Sample]:
    """The moments before these targets, with what each part says then."""
    return [_sample(blend, whole, moment) for moment in walk(blend, whole, wanted)]


def chosen_weights(samples: list[Sample]) -> Floats:
    """The weights, shape (buckets, parts), that these targets speak for."""
    weights = DEFAULT_WEIGHTS.copy()
    by_bucket = [[each for each in samples if each.bucket == number] for number in range(len(BUCKETS))]
    enough = [number for number in range(1, len(BUCKETS)) if len(by_bucket[number]) >= _ENOUGH]
    found = {number: _best_weights(by_bucket[number]) for number in enough}
    for number in range(1, len(BUCKETS)):
        if found:
            weights[number] = found[min(found, key=lambda other: (abs(other - number), -other))]
    return weights


def _sample(blend: Blend, whole: Interactions, moment: Moment) -> Sample:
    scores, own = blend.part_scores(moment.state, moment.at), bucket(moment.events)
    follows = slice(moment.place, moment.place + (1 if own == len(BUCKETS) - 1 else AHEAD))
    counts = (whole.users[follows] == moment.user) & (whole.strengths[follows] > 0)
    wanted = np.zeros(len(moment.seen), bool)
    wanted[whole.columns[follows][counts]] = True
    unseen = ~moment.seen
    targets = np.flatnonzero(wanted[unseen]).astype(np.int32)
    return Sample(own, scores[:, unseen], targets, scores.std(axis=1))


def _best_weights(samples: list[Sample]) -> Floats:
    spread = np.mean([sample.spread for sample in samples], axis=0)
    unit = np.where(spread > 0, 1 / np.maximum(spread, 1e-9), 0).astype(np.float32)
    singles = [
        _worth(samples, unit * np.eye(len(PARTS), dtype=np.float32)[part]) for part in range(len(PARTS))
    ]
    steps = np.zeros(len(PARTS), np.float32)
    steps[int(np.argmax(singles))] = 1.0
    steps[0] = max(steps[0], _GRID[1])
    best = _worth(samples, unit * steps)
    for _ in range(_ROUNDS):
        for part in range(len(PARTS)):
            best, steps = _moved(samples, unit, steps, part, best)
    return unit * steps


def _moved(
    samples: list[Sample], unit: Floats, steps: Floats, part: int, best: float
) -> tuple[float, Floats]:
    """The best place on the grid for the weight of one part, the others staying."""
    for step in _GRID[1:] if part == 0 else _GRID:
        moved = steps.copy()
        moved[part] = step
        worth = _worth(samples, unit * moved) if moved.any() and step != steps[part] else 0.0
        if worth > best:
            best, steps = worth, moved
    return best, steps


def _worth(samples: list[Sample], weights: Floats) -> float:
    return float(np.mean([_ndcg(weights @ sample.scores, sample.targets) for sample in samples]))


def _ndcg(scores: Floats, targets: Ints) -> float:
    """The mean of 1 / log2(2 + rank) of these columns; ties count against them."""
    above = np.count_nonzero(scores >= scores[targets, None], axis=1)
    return float(np.mean(1 / np.log2(above + 1)))
