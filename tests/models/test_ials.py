"""Implicit ALS: folded in, a user is exactly what the library itself solves for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares

from matinee.models.ials import Ials, confidences
from tests.models import worlds
from tests.models.contract import EVENT, PROPERTY, fitted


def recalculated(model, history):
    """The user's scores by the library's own solver."""
    library = AlternatingLeastSquares(
        factors=worlds.FACTORS, alpha=1.0, regularization=model.options.regularization
    )
    library.item_factors = model.arrays()["factors"]
    one = worlds.world(1)._replace(
        users=np.zeros(len(history.columns), np.int32), columns=history.columns, strengths=history.strengths
    )
    return library.item_factors @ library.recalculate_user(0, confidences(one, model.options.alpha))


@PROPERTY
@given(st.lists(EVENT, min_size=1, max_size=30))
def test_it_agrees_with_the_library_negatives_included(events):
    model = fitted(worlds.ials)
    history = worlds.history(*events)
    assert worlds.close(model.scores(worlds.folded(model, history)), recalculated(model, history), 1e-4)


@PROPERTY
@given(st.lists(EVENT, max_size=15), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(events, random):
    model = fitted(worlds.ials)
    shuffled = random.sample(events, len(events))
    one, other = (model.scores(worlds.folded(model, worlds.history(*each))) for each in (events, shuffled))
    assert worlds.close(one, other)


def test_a_dislike_brings_down_what_likes_had_lifted():
    model = fitted(worlds.ials)
    liked = model.scores(model.state(worlds.history((3, 1.0), (6, 1.0))))
    disliked = model.scores(model.state(worlds.history((3, 1.0), (6, 1.0), (9, -1.0))))
    assert 0 <= abs(disliked[9]) < abs(liked[9])
    assert disliked[12] < liked[12]


def test_likes_rank_their_kind_first_and_a_longer_view_pulls_more():
    model = fitted(worlds.ials)
    scores = [model.scores(model.state(worlds.history((3, strength)))) for strength in (0.2, 0.9)]
    kind = np.arange(worlds.N_MOVIES) % worlds.N_GENRES == 0
    assert scores[1][kind].mean() > scores[1][~kind].mean() + 0.2
    assert scores[1][6] > scores[0][6]


def test_a_dislike_undone_is_as_if_never_said():
    model = fitted(worlds.ials)
    undone = worlds.folded(model, worlds.history((3, 1.0), (4, -0.5), (4, 0.5)))
    assert worlds.close(model.scores(undone), model.scores(model.state(worlds.history((3, 1.0)))))


def test_confidences_are_those_of_the_equations():
    one = worlds.world(1)._replace(
        users=np.zeros(5, np.int32),
        columns=np.array([0, 1, 2, 3, 3], np.int32),
        strengths=np.array([1, -0.5, 0, 0.8, 0.8], np.float32),
    )
    assert confidences(one, 10).toarray()[0, :5].tolist() == [11, -6, 0, 11, 0]


@PROPERTY
@given(st.lists(EVENT, max_size=30))
def test_scaled_lambda_counts_once_for_each_movie_that_is_liked(events):
    model = fitted(worlds.scaled_ials)
    history = worlds.history(*events)
    Y = model.arrays()["factors"].astype(np.float64)
    sums = np.clip(np.bincount(history.columns, history.strengths, len(Y)), -1, 1)
    sums[np.abs(sums) <= 1e-6] = 0
    liked, alpha = sums > 0, model.options.alpha
    ridge = max(liked.sum(), 1) * model.options.regularization
    A = Y.T @ Y + (Y.T * alpha * np.abs(sums)) @ Y + ridge * np.eye(Y.shape[1])
    x = np.linalg.solve(A, (1 + alpha * sums[liked]) @ Y[liked])
    assert worlds.close(model.scores(worlds.folded(model, history)), Y @ x)


def test_a_model_of_before_is_not_scaled():
    told = dict(worlds.ials().settings())
    assert told.pop("scaled") is False
    assert not Ials.restored(worlds.ials().arrays(), told).scaled
    assert Ials.restored(worlds.ials().arrays(), {**told, "scaled": True}).scaled


def test_tastes_are_correlations_and_appeals_are_standard_scores():
    model = worlds.ials()
    histories = [worlds.history((0, 1.0), (3, 0.8)), worlds.history((1, 1.0), (4, 1.0), (0, -1.0))]
    scores = np.stack([model.scores(model.state(each)) for each in histories]).astype(np.float64)
    one, other = (model.taste(each) for each in histories)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert float(one @ other) == pytest.approx(np.corrcoef(*scores)[0, 1], abs=1e-3)
    standard = (scores[0] - scores[0].mean()) / scores[0].std()
    assert np.allclose(model.appeals @ one, standard, atol=1e-2)


def test_nothing_known_is_a_taste_of_zeros():
    assert not worlds.ials().taste(worlds.history()).any()
