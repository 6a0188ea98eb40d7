"""The sequential model: its equations, its order, what time does to it, and its map of the most supported."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matinee.errors import TrainingError
from matinee.models import lives, sequence
from matinee.models.base import Folded, History, Interactions
from matinee.models.contexts import gap_class, gap_classes
from matinee.models.gram import normal_equations
from matinee.models.rows import Rows
from matinee.models.sequence import SequenceModel, SequenceOptions, _sequences
from tests.models import worlds
from tests.models.contract import fitted

OPTIONS = SequenceOptions(ridge=25, min_support=1)
EVERYTHING = np.arange(worlds.N_MOVIES, dtype=np.int32)
OWN_ROWS = Rows(EVERYTHING, np.ones(worlds.N_MOVIES, np.float32))
HOUR = 3_600_000_000


def last(*events: tuple[int, float]) -> int:
    return int(worlds.history(*events).at[-1])


def test_the_map_solves_the_normal_equations():
    sequences, _ = _sequences(worlds.world(), OWN_ROWS, EVERYTHING, OPTIONS)
    lower, wish = normal_equations(sequences)
    n, K = worlds.N_MOVIES, len(OPTIONS.contexts)
    G = (np.tril(lower) + np.tril(lower, -1).T).astype(np.float64)
    dropped = np.diag(G) * np.r_[np.full(K * n, 2.0), np.zeros(len(G) - K * n)]  # p / (1 - p) of 2/3
    ridges = [
        25 * context.ridge * np.count_nonzero(sequences.wanted >= 0) / 1e6 for context in OPTIONS.contexts
    ]
    A = G + np.diag(dropped + np.r_[np.repeat(ridges, n), np.full(len(G) - K * n, 10.0)])
    B = np.linalg.solve(A, wish.T.astype(np.float64))
    model = SequenceModel.fit(worlds.world(), OPTIONS)
    for column in range(n):
        state = model.state(worlds.history((column, 1.0)))
        expected = model.arrays()["expected"][0]
        weights, gap, square = expected[:K], expected[K], expected[K + 1]
        contexts = weights @ B[: K * n].reshape(K, n, n)[:, column]
        contexts[column] = 0
        circumstances = np.array([1, gap, square, 0, 0, 0]) @ B[K * n :]
        assert np.allclose(model.scores(state), contexts + circumstances, atol=2e-4)


def test_what_comes_next_comes_first():
    model = worlds.sequence()
    scores = model.scores(model.state(worlds.history((0, 1.0), (3, 1.0))))
    assert scores[6] > scores[21]


@pytest.mark.parametrize("strength", [1.0, -1.0])
def test_an_event_says_nothing_of_its_own_movie(strength):
    model = SequenceModel.fit(worlds.world(), replace(OPTIONS, max_rows=10, lent=0))
    owner = int(np.flatnonzero(model.arrays()["shares"])[3])
    history = worlds.history((owner, strength))
    gave = model.explain(model.state(history), history, EVERYTHING)[0]
    assert gave[owner] == 0
    assert np.count_nonzero(gave) > 10


def test_the_last_event_counts_most():
    model = worlds.sequence()
    before = model.scores(model.state(worlds.history((0, 1.0), (1, 1.0))))
    after = model.scores(model.state(worlds.history((1, 1.0), (0, 1.0))))
    assert after[3] > before[3]
    assert after[4] < before[4]


def test_the_longer_ago_the_less_the_last_event_counts():
    given = worlds.world()
    gaps = np.random.default_rng(0).choice([1_000_000, 60_000_000, HOUR], len(given.at))
    model, events = SequenceModel.fit(given._replace(at=np.cumsum(gaps)), OPTIONS), ((1, 1.0), (0, 1.0))
    history = worlds.history(*events)
    state = model.state(history)
    columns = np.array([3], np.int32)
    gave = [model.explain(state, history, columns, last(*events) + wait)[1, 0] for wait in (0, HOUR)]
    assert gave[0] > gave[1] > 0


def test_scores_change_with_the_phase_only():
    model, events = worlds.sequence(), ((1, 1.0), (0, 1.0))
    state, moment = model.state(worlds.history(*events)), last(*events)
    assert model.phase(state) == model.phase(state, moment) == model.phase(state, moment - HOUR) == 0
    one, same, other = moment + HOUR, moment + HOUR + 1_000_000, moment + 3 * HOUR
    assert model.phase(state, one) == model.phase(state, same) < model.phase(state, other)
    assert np.array_equal(model.scores(state, one), model.scores(state, same))
    assert np.array_equal(model.scores(state), model.scores(state, moment))


def test_asking_is_expecting_over_the_gaps_that_are_as_long_or_longer():
    gaps = np.array([0, 1, 3, 60, 60, 4000]) * 1_000_000
    given = worlds.world(1)._replace(
        users=np.zeros(7, np.int32),
        columns=np.arange(7, dtype=np.int32),
        strengths=np.ones(7, np.float32),
        at=np.cumsum(np.r_[0, gaps]),
    )
    _, expected = _sequences(given, OWN_ROWS, EVERYTHING, OPTIONS)
    seconds = np.array([0, *(np.sqrt(2) * np.array([1, 2, 32, 32, 2048]))])
    log_gaps = np.log1p(seconds / OPTIONS.tau)
    K = len(OPTIONS.contexts)
    assert expected[0, K] == pytest.approx(log_gaps.mean(), rel=1e-5)
    assert expected[2, K + 1] == pytest.approx((log_gaps[2:] ** 2).mean(), rel=1e-5)
    waning = np.exp(-OPTIONS.contexts[0].wane * log_gaps)
    assert expected[3, 0] == pytest.approx(waning[3:].mean(), rel=1e-5)
    assert np.array_equal(expected[20], expected[gap_class(4000_000_000)])


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-5, 0), (0, 0), (0.9, 0), (1, 1), (1.9, 1), (2, 2), (3, 2), (4, 3), (1e9, 30)]
)
def test_classes_of_gaps_double(seconds, expected):
    microseconds = round(seconds * 1e6)
    assert gap_class(microseconds) == gap_classes(np.array([microseconds]))[0] == expected


def test_movies_outside_of_the_map_score_nothing_and_with_nothing_lent_their_events_only_age_the_others():
    least = int(np.median(np.bincount(worlds.world().columns)))
    model = SequenceModel.fit(worlds.world(), replace(OPTIONS, min_support=least, lent=0))
    mapped = model.arrays()["columns"]
    outside = int(np.setdiff1d(EVERYTHING, mapped)[0])
    first = (int(mapped[0]), 1.0)
    with_it = worlds.folded(model, worlds.history(first, (outside, 1.0)))
    aged = model.state(worlds.history(first, (int(mapped[1]), 0.0)))
    assert np.allclose(model.scores(with_it), model.scores(aged), atol=1e-6)
    assert model.scores(with_it)[outside] == 0


def test_an_event_at_a_movie_that_came_later_leaves_the_state_alone():
    model = SequenceModel.fit(worlds.world(), OPTIONS)
    first, later = (3, 1.0), (worlds.N_MOVIES, 1.0)
    with_it = worlds.folded(model, worlds.history(first, later))
    assert np.array_equal(model.scores(with_it), model.scores(model.state(worlds.history(first))))


def test_with_few_rows_and_nothing_lent_targets_at_the_others_still_count():
    models = [SequenceModel.fit(worlds.world(), replace(OPTIONS, max_rows=n, lent=0)) for n in (10, 99)]
    owner = int(np.flatnonzero(models[0].arrays()["shares"])[0])
    few, all_ = (model.scores(model.state(worlds.history((owner, 1.0)))) for model in models)
    assert np.array_equal(few != 0, all_ != 0)


def test_a_movie_met_before_the_events_that_are_trained_on_is_not_new(monkeypatch):
    monkeypatch.setattr(lives, "LONGEST", 3)
    given = worlds.world(1)._replace(
        users=np.zeros(5, np.int32),
        columns=np.array([1, 2, 3, 1, 4], np.int32),
        strengths=np.ones(5, np.float32),
        at=np.arange(5),
    )
    sequences, _ = _sequences(given, OWN_ROWS, EVERYTHING, OPTIONS)
    assert sequences.wanted.tolist() == [-1, -1, 4]


def test_with_few_rows_every_movie_is_still_scored_and_an_event_at_another_counts_half():
    model = SequenceModel.fit(worlds.world(), replace(OPTIONS, max_rows=10))
    arrays = model.arrays()
    assert arrays["map"].shape[0] == 10
    assert arrays["columns"].tolist() == EVERYTHING.tolist()
    shared = int(np.flatnonzero(arrays["shares"] < 1)[0])
    owner = int(np.flatnonzero((arrays["rows"] == arrays["rows"][shared]) & (arrays["shares"] == 1))[0])
    assert owner % worlds.N_GENRES == shared % worlds.N_GENRES  # of those that the same people like
    scores = [model.scores(model.state(worlds.history(event))) for event in ((shared, 1.0), (owner, 0.5))]
    assert np.allclose(scores[0], scores[1], atol=1e-6)
    assert scores[0].any()


def test_targets_are_first_and_positive_events_that_something_came_before():
    given = worlds.world(1)
    doubled = given._replace(
        users=np.zeros(5, np.int32),
        columns=np.array([1, 2, 1, 3, 4], np.int32),
        strengths=np.array([0.5, -1, 1, 1, 0.5], np.float32),
        at=np.arange(5),
    )
    sequences, _ = _sequences(doubled, OWN_ROWS, EVERYTHING, OPTIONS)
    assert sequences.wanted.tolist() == [-1, -1, -1, 3, 4]


def test_whoever_likes_and_dislikes_one_movie_thousands_of_times_stops_no_training(monkeypatch):
    n, given = 2_400, worlds.world()
    targets = np.arange(1, worlds.N_MOVIES, dtype=np.int32)
    bot = Interactions(
        np.full(2 * n + len(targets), given.n_users, np.int32),
        np.r_[np.full(2 * n, worlds.N_MOVIES, np.int32), targets],
        np.r_[np.ones(n), -np.ones(n), np.ones(len(targets))].astype(np.float32),
        np.arange(2 * n + len(targets)) * 1_000_000,
        (*given.movies, "trap"),
        given.n_users + 1,
    )
    names = ("users", "columns", "strengths", "at")
    together: Any = {name: np.concatenate([getattr(given, name), getattr(bot, name)]) for name in names}
    with_it = bot._replace(**together)
    assert np.isfinite(SequenceModel.fit(with_it).arrays()["scales"]).all()
    monkeypatch.setattr(sequence, "_REPEATED", 10**6)
    with pytest.raises(TrainingError, match="singular"):
        SequenceModel.fit(with_it)


def test_a_target_at_a_movie_that_few_watch_has_more_mass():
    sequences, _ = _sequences(worlds.world(), OWN_ROWS, EVERYTHING, replace(OPTIONS, propensity=0.5))
    targets = sequences.wanted >= 0
    n = np.bincount(sequences.wanted[targets])[sequences.wanted[targets]]
    assert np.allclose(sequences.masses[targets] * n**0.5, sequences.masses[targets][0] * n[0] ** 0.5)
    assert sequences.masses[targets].mean() == pytest.approx(1)
    assert not sequences.masses[~targets].any()
    alike, _ = _sequences(worlds.world(), OWN_ROWS, EVERYTHING, replace(OPTIONS, propensity=0))
    assert np.array_equal(alike.masses, targets.astype(np.float32))


def test_without_a_supported_movie_it_says_nothing():
    model = SequenceModel.fit(worlds.world(), SequenceOptions(min_support=10_000))
    scores = model.scores(worlds.folded(model, worlds.history((1, 1.0))))
    assert not scores.any()
    assert scores.shape == (worlds.N_MOVIES,)


def test_a_restored_model_has_everything_compiled_that_a_user_waits_for():
    model = fitted(worlds.sequence)
    model = SequenceModel.restored(model.arrays(), model.settings())
    compiled = len(sequence._gather.signatures), len(sequence._fold.signatures)
    history = History(np.arange(3, dtype=np.int32), np.ones(3, np.float32), np.arange(3) * 10**6)
    model.fold_in(model.state(history), Folded(0, 1.0, 10**7))
    assert (len(sequence._gather.signatures), len(sequence._fold.signatures)) == compiled
