"""The networks of RecTools, asked by columns, say what the library itself would."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rivals.rectools import INSTALL, Network, NetworkOptions
from matinee.models.base import Interactions

pytest.importorskip("rectools", reason=f"RecTools is not installed: {INSTALL}")

USERS, MOVIES, EVENTS = 120, 40, 30
LENGTH = 12


@pytest.fixture
def given() -> Interactions:
    """Users who go through the movies in steps of their own, two events a second; one movie has none."""
    rng = np.random.default_rng(0)
    starts, steps = rng.integers(0, MOVIES, USERS), rng.integers(1, 4, USERS)
    columns = (starts[:, None] + steps[:, None] * np.arange(EVENTS)) % (MOVIES - 1)
    return Interactions(
        users=np.repeat(np.arange(USERS, dtype=np.int32), EVENTS),
        columns=columns.ravel().astype(np.int32),
        strengths=np.ones(USERS * EVENTS, np.float32),
        at=np.tile(np.arange(EVENTS) // 2 * 1_000_000, USERS),
        movies=tuple(f"m{movie}" for movie in range(MOVIES)),
        n_users=USERS,
    )


def network(given: Interactions, model: str) -> Network:
    small = NetworkOptions(factors=16, blocks=1, heads=1, length=LENGTH, windows=False)
    return Network(given, replace(small, model=model))  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["sasrec", "bert4rec"])
def test_scores_are_those_that_the_library_recommends_by(given, model):
    ours = network(given, model)
    ours.train_epoch(1)
    ours.train_epoch(2)
    scores = ours.scores(given.columns.reshape(USERS, EVENTS))
    theirs = ours.library.recommend(np.arange(USERS), ours._data, 10, filter_viewed=False)
    listed = theirs["item_id"].to_numpy().reshape(USERS, 10)
    np.testing.assert_allclose(
        np.take_along_axis(scores, listed, axis=1), theirs["score"].to_numpy().reshape(USERS, 10), rtol=1e-4
    )
    np.testing.assert_array_equal(np.sort(scores)[:, :-11:-1], np.take_along_axis(scores, listed, axis=1))


def test_what_is_not_known_is_never_ahead(given):
    ours = network(given, "sasrec")
    ours.train_epoch(1)
    nothing, stranger, known = ours.scores([np.zeros(0, np.int32), np.array([MOVIES - 1]), given.columns[:5]])
    assert np.isneginf(nothing).all()
    assert np.isneginf(stranger).all()
    assert np.flatnonzero(np.isneginf(known)).tolist() == [MOVIES - 1]


def test_in_windows_all_events_are_trained_on(given):
    options = NetworkOptions(factors=16, blocks=1, heads=1, length=LENGTH, windows=True)
    ours = Network(given, options)
    ours.train_epoch(1)
    sessions = ours.library.data_preparator.get_dataloader_train().dataset.sessions
    assert sum(len(session) - 1 for session in sessions) == USERS * (EVENTS - 1)


@pytest.mark.parametrize("model", ["sasrec", "bert4rec"])
def test_what_is_kept_goes_on_as_if_it_had_not_been(given, model, tmp_path):
    whole, kept = network(given, model), network(given, model)
    for number in (1, 2):
        whole.train_epoch(number)
    whole.save(tmp_path / "epoch")
    kept.load(tmp_path / "epoch")
    for each in (whole, kept):
        each.train_epoch(3)
    pasts = given.columns.reshape(USERS, EVENTS)
    np.testing.assert_array_equal(whole.scores(pasts), kept.scores(pasts))
