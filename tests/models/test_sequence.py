"""The sequential model: its equations, its order, and its map of the most supported."""

import numpy as np

from matinee.models.gram import Decays, normal_equations
from matinee.models.sequence import SequenceModel, SequenceOptions, _sequences
from tests.models import worlds


def test_the_map_solves_the_normal_equations():
    given, options = worlds.world(), SequenceOptions(ridge=1.0, min_support=1)
    lower, wish = normal_equations(
        _sequences(given, np.arange(worlds.N_MOVIES, dtype=np.int32)),
        Decays((*options.decays, 1.0), (False, False, False, True)),
    )
    G = (np.tril(lower) + np.tril(lower, -1).T).astype(np.float64)
    A = G + np.eye(len(G)) + options.dropout / (1 - options.dropout) * np.diag(np.diag(G))
    B = np.linalg.solve(A, wish.T.astype(np.float64)).reshape(4, worlds.N_MOVIES, worlds.N_MOVIES)
    model = SequenceModel.fit(given, options)
    for column in range(worlds.N_MOVIES):
        scores = model.scores(model.state(worlds.history((column, 1.0))))
        assert np.allclose(scores, B[:, column].sum(axis=0), atol=2e-4)


def test_what_comes_next_comes_first():
    model = worlds.sequence()
    scores = model.scores(model.state(worlds.history((0, 1.0), (3, 1.0))))
    assert scores[6] > scores[21]


def test_the_last_event_counts_most():
    model = worlds.sequence()
    before = model.scores(model.state(worlds.history((0, 1.0), (1, 1.0))))
    after = model.scores(model.state(worlds.history((1, 1.0), (0, 1.0))))
    assert after[3] > before[3]
    assert after[4] < before[4]


def test_movies_outside_of_the_map_score_nothing_and_their_events_leave_the_state_alone():
    model = SequenceModel.fit(worlds.world(), SequenceOptions(ridge=1.0, min_support=1, max_movies=10))
    mapped = model.arrays()["columns"]
    assert len(mapped) == 10
    support = np.bincount(worlds.world().columns)
    assert support[mapped].min() >= np.delete(support, mapped).max()
    outside = int(np.setdiff1d(np.arange(worlds.N_MOVIES), mapped)[0])
    first = (int(mapped[0]), 1.0)
    with_it = worlds.folded(model, worlds.history(first, (outside, 1.0)))
    assert np.array_equal(model.scores(with_it), model.scores(model.state(worlds.history(first))))
    assert model.scores(with_it)[outside] == 0


def test_targets_are_first_and_positive_events():
    given = worlds.world(1)
    doubled = given._replace(
        users=np.zeros(4, np.int32),
        columns=np.array([1, 2, 1, 3], np.int32),
        strengths=np.array([0.5, -1, 1, 1], np.float32),
        at=np.arange(4),
    )
    targets = _sequences(doubled, np.arange(worlds.N_MOVIES, dtype=np.int32)).targets
    assert targets.tolist() == [True, False, False, True]


def test_without_a_supported_movie_it_says_nothing():
    model = SequenceModel.fit(worlds.world(), SequenceOptions(min_support=10_000))
    scores = model.scores(worlds.folded(model, worlds.history((1, 1.0))))
    assert not scores.any()
    assert scores.shape == (worlds.N_MOVIES,)
