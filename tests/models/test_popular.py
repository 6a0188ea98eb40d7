"""Popularity: signed, fading, the same for all."""

import numpy as np

from matinee.models.popular import Popular, PopularOptions
from tests.models import worlds

DAY = 86_400_000_000


def of(columns, strengths, days, half_life=10.0):
    n = len(columns)
    given = worlds.world(1)._replace(
        users=np.arange(n, dtype=np.int32),
        columns=np.array(columns, np.int32),
        strengths=np.array(strengths, np.float32),
        at=np.array(days, np.int64) * DAY,
        n_users=n,
    )
    return Popular.fit(given, PopularOptions(half_life)).scores(None)


def test_after_a_half_life_an_event_counts_half():
    scores = of([0, 0, 1], [1, 1, 1], [0, 0, 10])
    assert np.isclose(scores[0], scores[1])


def test_without_fading_age_is_nothing():
    assert np.isclose(*of([0, 1], [1, 1], [0, 10_000], float("inf"))[:2])


def test_what_is_much_disliked_is_not_popular():
    scores = of([0, 0, 0, 1], [-1, -1, 1, 0.2], [0, 0, 0, 0])
    assert scores[0] == 0 < scores[1] == 1


def test_no_events_are_no_popularity():
    assert not of([], [], []).any()
