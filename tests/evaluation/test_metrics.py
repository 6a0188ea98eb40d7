"""Ranks and figures, against values worked out by hand."""

import numpy as np
import pytest

from matinee.evaluation.metrics import MISSED, figures, mean, rank

SCORES = np.array([0.5, 0.9, 0.5, 0.1], np.float32)


@pytest.mark.parametrize(
    ("target", "seen", "place"),
    [
        (1, [], 0),
        (0, [], 2),
        (2, [], 2),
        (0, [2], 1),
        (0, [1, 2], 0),
        (3, [], 3),
        (3, [0, 1, 2], 0),
        (9, [], MISSED),
    ],
)
def test_the_rank_is_among_the_unseen_and_ties_count_against(target, seen, place):
    mask = np.zeros(4, bool)
    mask[seen] = True
    assert rank(SCORES, mask, target) == place


def test_figures_of_known_ranks():
    found = figures(np.array([0, 2, 10, MISSED], np.int32), np.arange(4, dtype=np.int32), 10, 0.25)
    assert found.hit_rate.value == 0.5
    assert np.isclose(found.ndcg.value, (1 + 1 / 2) / 4)
    assert np.isclose(found.mrr.value, (1 + 1 / 3 + 1 / 11) / 4)
    assert (found.targets, found.users, found.coverage) == (4, 4, 0.25)


def test_the_error_takes_one_users_targets_as_one():
    gains = np.array([1.0, 1.0, 0.0, 0.0])
    assert np.isclose(mean(gains, np.array([0, 1, 2, 3])).error, 0.25)
    assert np.isclose(mean(gains, np.array([0, 0, 1, 1])).error, np.sqrt(2) / 4)


def test_no_targets_no_figures():
    assert figures(np.zeros(0, np.int32), np.zeros(0, np.int32), 10, 0).hit_rate.value == 0
