"""The weights: which moments speak for which bucket, and for which part."""

import numpy as np

from matinee.models.base import Interactions
from matinee.models.blend import BUCKETS, DEFAULT_WEIGHTS, PARTS
from matinee.training.mixing import Sample, chosen_weights, sampled
from tests.models import worlds

N = 40


def whole() -> Interactions:
    """One user with many events, all positive but one."""
    strengths = np.ones(worlds.N_MOVIES, np.float32)
    strengths[3] = -1
    return worlds.world(1)._replace(
        users=np.zeros(worlds.N_MOVIES, np.int32),
        columns=np.arange(worlds.N_MOVIES, dtype=np.int32),
        strengths=strengths,
        at=np.arange(worlds.N_MOVIES) * 1_000_000,
    )


def test_of_beginners_all_that_follows_is_wanted_and_of_others_what_comes_next():
    wanted = np.zeros(worlds.N_MOVIES, bool)
    wanted[[2, 20, 22]] = True
    beginner, other, last = sampled(worlds.blend(), whole(), wanted)
    assert beginner.bucket == 2
    assert (beginner.targets + 2).tolist() == [2, 4, 5, 6, 7, 8, 9, 10, 11]  # two were seen, one is disliked
    assert (other.bucket, (other.targets + 20).tolist()) == (len(BUCKETS) - 1, [20])
    assert last.targets.tolist() == [0]


def test_each_bucket_weighs_most_what_ranks_its_targets_best():
    rng = np.random.default_rng(0)
    samples = []
    for number, right in ((1, 0), (5, 2)):
        for _ in range(N):
            scores = rng.random((len(PARTS), 50)).astype(np.float32)
            scores[right, 7] = 2
            samples.append(Sample(number, scores, np.array([7], np.int32), scores.std(axis=1)))
    weights = chosen_weights(samples)
    assert weights[1].argmax() == 0
    assert weights[5].argmax() == 2
    assert (weights[:, 0] > 0).all()
    assert np.array_equal(weights[2], weights[1])  # the nearest that has enough
    assert np.array_equal(weights[4], weights[5])
    assert np.array_equal(weights[3], weights[5])  # of two as near that of the longer histories


def test_with_too_few_moments_the_weights_are_the_usual_ones():
    assert np.array_equal(chosen_weights([]), DEFAULT_WEIGHTS)
