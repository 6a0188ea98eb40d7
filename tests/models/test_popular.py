"""Popularity: signed, fading, the same for all."""

import numpy as np

from matinee.models.base import Folded
from matinee.models.popular import Popular, PopularOptions
from tests.models import worlds

DAY = 86_400_000_000


def of(columns, strengths, days, half_life=10.0, least=0.0):
    n = len(columns)
    given = worlds.world(1)._replace(
        users=np.arange(n, dtype=np.int32),
        columns=np.array(columns, np.int32),
        strengths=np.array(strengths, np.float32),
        at=np.array(days, np.int64) * DAY,
        n_users=n,
    )
    return Popular.fit(given, PopularOptions(half_life, least, stages=0)).scores(0)


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


def test_a_few_events_after_years_of_silence_do_not_become_all_that_is_popular():
    columns = [column for column, times in ((0, 300), (1, 200), (2, 100), (3, 5)) for _ in range(times)]
    days = [0] * len(columns)
    scores = of([*columns, 3], [1.0] * (len(columns) + 1), [*days, 3000], 90.0, PopularOptions().least)
    assert scores.argsort()[::-1][:4].tolist() == [0, 1, 2, 3]


def test_who_has_so_many_events_gets_what_others_did_next():
    n, users = 30, 4
    given = worlds.world(1)._replace(
        users=np.repeat(np.arange(users, dtype=np.int32), n),
        columns=np.tile(np.r_[np.arange(10), np.full(n - 10, 20)].astype(np.int32), users),
        strengths=np.ones(users * n, np.float32),
        at=np.zeros(users * n, np.int64),
        n_users=users,
    )
    popular = Popular.fit(given, PopularOptions(stages=5))
    scores = [popular.scores(count) for count in (0, 3, 5, 99)]
    assert scores[0][:10].min() == 1 > scores[0][20] > 0  # the rest counts a little
    assert scores[1][0] < scores[1][3] < scores[1][20]  # three of the ten that come next
    assert np.argmax(scores[2]) == 20
    assert np.array_equal(scores[2], scores[3])
    assert popular.scores(popular.fold_in(popular.state(worlds.history()), Folded(0, 1, 0)))[0] < scores[0][0]
