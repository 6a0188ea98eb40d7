"""The blend: weights by length of history, and movies that joined after the fit."""

import numpy as np
import pytest

from matinee.events.types import Facts
from matinee.models.base import Folded
from matinee.models.blend import BUCKETS, PARTS, bucket
from tests.models import worlds
from tests.models.contract import fitted

WESTERN, NEW = worlds.N_MOVIES, [("western", worlds.facts(0)), ("unknown", Facts(title="Zyx"))]


@pytest.mark.parametrize(
    ("count", "number"), [(0, 0), (1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4), (19, 4), (20, 5), (900, 5)]
)
def test_buckets(count, number):
    assert bucket(count) == number


def test_nobody_in_particular_gets_what_is_popular():
    blend = fitted(worlds.blend)
    scores = blend.scores(blend.state(worlds.history()))
    assert np.array_equal(scores, blend.parts.popular.scores(0))


def test_one_event_makes_it_personal():
    blend = fitted(worlds.blend)
    lists = [
        np.argsort(-blend.scores(blend.state(worlds.history(*events))))[:5].tolist()
        for events in ([], [(3, 1.0)], [(4, 1.0)])
    ]
    assert len({tuple(each) for each in lists}) == 3


def test_scores_are_the_weighted_sum_of_the_parts_in_every_bucket():
    blend = fitted(worlds.blend).with_movies(NEW)
    blend = blend.with_weights(np.random.default_rng(0).random((len(BUCKETS), len(PARTS))))
    for count in BUCKETS:
        state = blend.state(worlds.history(*((column % 24, 0.5) for column in range(count))))
        weighted = blend.weights[bucket(count)] @ blend.part_scores(state)
        assert worlds.close(blend.scores(state), weighted)


def test_newcomers_join_behind_the_fitted_and_states_stay_valid():
    blend = fitted(worlds.blend)
    state = blend.state(worlds.history((3, 1.0), (6, 0.9)))
    joined = blend.with_movies(NEW)
    assert joined.movies == (*blend.movies, "western", "unknown")
    assert joined.with_movies(NEW) is joined
    assert np.allclose(joined.scores(state)[:WESTERN], blend.scores(state))
    assert joined.scores(state)[WESTERN] > np.median(blend.scores(state))
    assert joined.parts.sequence is blend.parts.sequence


def test_a_newcomer_with_other_facts_is_what_it_would_have_been_with_these_at_once():
    blend = fitted(worlds.blend)
    bare = [(movie, Facts(title="Zq")) for movie, _ in NEW]
    one, other = blend.with_movies(bare).with_movies(NEW), blend.with_movies(NEW)
    state = blend.state(worlds.history((3, 1.0), (6, 0.9)))
    assert not np.array_equal(blend.with_movies(bare).scores(state), other.scores(state))
    assert np.array_equal(one.scores(state), other.scores(state))
    assert np.array_equal(one.similar(WESTERN), other.similar(WESTERN))
    assert one.movies == other.movies
    fitted_one = (blend.movies[0], worlds.facts(2))
    assert blend.with_movies([fitted_one]) is blend


def test_joining_one_after_the_other_is_joining_at_once():
    blend = fitted(worlds.blend)
    state = blend.state(worlds.history((3, 1.0)))
    one, other = blend.with_movies(NEW), blend.with_movies(NEW[:1]).with_movies(NEW[1:])
    assert np.array_equal(one.scores(state), other.scores(state))


def test_a_newcomer_is_explained_and_its_own_events_count():
    blend = fitted(worlds.blend).with_movies(NEW)
    history = worlds.history((3, 1.0), (WESTERN, -0.7), (5, 0.4))
    state = worlds.folded(blend, history)
    columns = np.array([WESTERN, WESTERN + 1, 6], np.int32)
    summed = blend.explain(state, history, columns).sum(axis=0) + blend.base(state)[columns]
    assert worlds.close(summed, blend.scores(state)[columns])
    assert worlds.close(blend.scores(state), blend.scores(blend.state(history)))


def test_an_event_at_a_newcomer_alone_makes_it_personal():
    blend = fitted(worlds.blend).with_movies(NEW)
    before = blend.scores(blend.state(worlds.history()))
    state = blend.fold_in(blend.state(worlds.history()), Folded(WESTERN, 1.0, 0))
    state.count = 0  # the weights of popularity alone, so that only content can tell
    weights = np.zeros((len(BUCKETS), len(PARTS)), np.float32)
    weights[:, 0] = weights[:, 3] = 1
    lifted = blend.with_weights(weights).scores(state) - before
    kind = np.arange(worlds.N_MOVIES) % worlds.N_GENRES == 0
    assert lifted[:WESTERN][kind].min() > lifted[:WESTERN][~kind].max()


def test_similar_knows_tastes_content_and_newcomers():
    blend = fitted(worlds.blend).with_movies(NEW)
    kind = np.arange(worlds.N_MOVIES) % worlds.N_GENRES == 0
    for column in (3, WESTERN):
        similar = blend.similar(column)
        assert similar.shape == (worlds.N_MOVIES + 2,)
        assert similar[:WESTERN][kind].min() > similar[:WESTERN][~kind].max()
        assert similar[WESTERN] > similar[WESTERN + 1]


def test_tastes_are_near_where_likes_are_and_newcomers_appeal_as_what_they_resemble():
    blend = fitted(worlds.blend).with_movies(NEW)
    western, horror = worlds.history((0, 1.0), (3, 1.0)), worlds.history((1, 1.0), (4, 1.0))
    more_western = worlds.history((6, 1.0), (9, 1.0))
    assert blend.taste(western) @ blend.taste(more_western) > blend.taste(western) @ blend.taste(horror)
    assert blend.taste(western) @ blend.appeal(WESTERN) > blend.taste(horror) @ blend.appeal(WESTERN)
    assert [blend.is_new(column) for column in (0, WESTERN - 1, WESTERN)] == [False, False, True]
    assert blend.appeal(0).shape == blend.appeal(WESTERN).shape == blend.taste(western).shape
