"""Live evaluation: its targets, its walk, and the published rows on ml-1m."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from matinee.training.dataset import interactions
from matinee.training.evaluate import best, evaluate_live, last_targets, targets, walk

from matinee.errors import TrainingError
from matinee.models.popular import Popular, PopularOptions
from matinee.models.sequence import SequenceModel, SequenceOptions
from tests.training import worlds

FRAME = worlds.events(
    ("old", "a", 1, 0),
    ("old", "b", 1, 1),
    ("old", "c", 1, 11),
    ("old", "a", 1, 12),
    ("old", "d", 1, 13),
    ("new", "a", 1, 11),
    ("new", "b", -1, 12),
    ("new", "c", 1, 13),
    ("gone", "a", 1, 0),
)
CUT = (worlds.START.timestamp() + 10 * 3600) * 1e6
ML1M = Path(os.environ.get("MATINEE_ML1M", Path(__file__).parents[3] / "shared/data/ml-1m/ml-1m.zip"))


class Recorder(Popular):
    """A model whose state is the list of what it was told."""

    def __init__(self) -> None:
        pass

    def state(self, history) -> Any:
        return history.columns.tolist()

    def fold_in(self, state, event) -> Any:
        return [*state, event.column]


def test_the_targets_are_new_positive_events_after_the_cut_that_are_not_a_users_first():
    whole = interactions(FRAME)
    index = np.flatnonzero(targets(whole, CUT))
    # new: c (b is negative, a is the first); old: c and d (a was seen)
    assert [(int(whole.users[i]), whole.movies[whole.columns[i]]) for i in index] == [
        (1, "c"),
        (2, "c"),
        (2, "d"),
    ]


def test_the_last_targets_are_one_a_user():
    whole = interactions(FRAME)
    index = np.flatnonzero(last_targets(whole, targets(whole, CUT)))
    assert [whole.movies[whole.columns[i]] for i in index] == ["c", "d"]


@pytest.mark.parametrize("last_only", [False, True])
def test_a_target_is_predicted_from_all_that_came_before_it(last_only):
    whole = interactions(FRAME)
    wanted = targets(whole, CUT)
    wanted = last_targets(whole, wanted) if last_only else wanted
    told = [
        (moment.target, moment.state, np.flatnonzero(moment.seen).tolist(), moment.events)
        for moment in walk(Recorder(), whole, wanted)
    ]
    expected = [(2, [0, 1], [0, 1], 2), (2, [0, 1], [0, 1], 2), (3, [0, 1, 2, 0], [0, 1, 2], 4)]
    assert told == (expected[::2] if last_only else expected)


def test_the_best_are_unseen():
    seen = np.array([True, False, False, False])
    assert sorted(best(np.array([9, 1, 3, 2], np.float32), seen, 2)) == [2, 3]
    assert sorted(best(np.array([9, 1, 3, 2], np.float32), seen, 10)) == [1, 2, 3]


def test_order_is_worth_more_than_popularity_where_there_is_order():
    frame = worlds.lives()
    popular = evaluate_live(frame, Popular.fit, n_core=2, k=3)
    sequence = evaluate_live(
        frame, lambda given: SequenceModel.fit(given, SequenceOptions(ridge=1, min_support=1)), n_core=2, k=3
    )
    assert sequence.hit_rate.value > 2 * popular.hit_rate.value


def test_what_is_too_little_is_said():
    with pytest.raises(TrainingError, match="5 events or more"):
        evaluate_live(FRAME, Popular.fit)


@pytest.fixture(scope="module")
def ml1m():
    if not ML1M.exists():
        pytest.skip(f"MovieLens 1M is not at {ML1M}; set MATINEE_ML1M to ml-1m.zip")
    with zipfile.ZipFile(ML1M) as archive:
        lines = archive.read("ml-1m/ratings.dat").replace(b"::", b",")
    frame = pl.read_csv(io.BytesIO(lines), has_header=False, new_columns=["user", "movie", "value", "at"])
    at = pl.from_epoch("at", "s").cast(pl.Datetime("us", "UTC"))
    names = (pl.col(name).cast(pl.String) for name in ("user", "movie"))
    return frame.select(*names, at, pl.lit(1.0, pl.Float32).alias("strength"))


def check(figures, hit_rate, ndcg, tolerance):
    assert (figures.targets, figures.users) == (99_932, 1_209)
    assert abs(figures.hit_rate.value - hit_rate) <= tolerance
    assert abs(figures.ndcg.value - ndcg) <= tolerance


def test_popularity_on_ml1m(ml1m):
    options = PopularOptions(half_life_days=float("inf"))
    check(evaluate_live(ml1m, lambda given: Popular.fit(given, options)), 0.041, 0.021, 0.001)


def test_the_sequential_model_on_ml1m(ml1m):
    options = SequenceOptions(min_support=1)
    check(evaluate_live(ml1m, lambda given: SequenceModel.fit(given, options)), 0.197, 0.111, 0.003)
