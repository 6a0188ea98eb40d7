"""What variety is compared with, and how lists are judged."""

import numpy as np
import pytest

from benchmarks.rivals.calibrated import calibrated
from benchmarks.variety import Candidates, Genres, _judged
from matinee.evaluation.beyond import divergence

SHARES = np.repeat(np.eye(2, dtype=np.float32), 10, axis=0)
"""Ten movies of one genre, then ten of another."""
SCORES = np.linspace(1, 0, 20, dtype=np.float32)


def test_without_strength_the_order_is_that_of_the_scores():
    assert calibrated(SCORES, SHARES, np.array([0.5, 0.5]), 0.0, 10).tolist() == list(range(10))


def test_with_strength_the_list_has_the_genres_that_the_user_likes():
    listed = calibrated(SCORES, SHARES, np.array([0.5, 0.5]), 0.99, 10)
    assert sorted(listed) == [*range(5), *range(10, 15)]


def test_the_divergence_is_least_where_the_genres_are_the_same():
    p = np.array([0.3, 0.7])
    same, other = divergence(p, np.array([[0.3, 0.7], [0.7, 0.3]]))
    assert same == pytest.approx(0, abs=1e-9)
    assert other == pytest.approx(0.3 * np.log(0.3 / 0.696) + 0.7 * np.log(0.7 / 0.304), abs=1e-9)


def test_a_list_is_judged_by_its_hit_its_pairs_and_its_genres():
    genres = Genres(SHARES, SHARES)
    each = Candidates(np.arange(20), SCORES, np.array([0.5, 0.5], np.float32), target=2)
    hit, gain, diversity, apart = _judged(each, genres, np.array([*range(5), *range(10, 15)]))
    assert (hit, gain) == (1.0, 0.5)
    assert diversity == pytest.approx(25 / 45)
    assert apart == pytest.approx(0, abs=1e-6)
    assert _judged(each, genres, np.arange(10, 20))[:3] == pytest.approx((0, 0, 0))
