"""Live evaluation: its targets, its walk, and what its validation must not see."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import TrainingError
from matinee.evaluation.evaluate import figures_of
from matinee.evaluation.metrics import Figure, best
from matinee.evaluation.protocols.live import LiveOptions, along, live
from matinee.evaluation.splits import Times, cut_at, last_targets, targets, time_split
from matinee.evaluation.walk import walk
from matinee.models.dataset import interactions
from matinee.models.lives import DAY
from matinee.models.popular import Popular
from matinee.models.sequence import SequenceModel, SequenceOptions
from tests.evaluation.worlds import data
from tests.models.contract import PROPERTY
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


class Recorder:
    """A model whose state is the list of what it was told; it scores nothing, and keeps every answer."""

    def __init__(self, n_movies: int = 0) -> None:
        self.n_movies = n_movies
        self.told: list[Any] = []
        self.asked: list[int | None] = []

    def state(self, history) -> Any:
        return list(zip(history.columns.tolist(), history.at.tolist(), strict=True))

    def fold_in(self, state, event) -> Any:
        return [*state, (event.column, event.at)]

    def scores(self, state, at=None) -> Any:
        self.told.append(list(state))
        self.asked.append(at)
        return np.zeros(self.n_movies, np.float32)


def test_the_targets_are_new_positive_events_after_the_cut_that_are_not_a_users_first():
    whole = interactions(FRAME)
    index = np.flatnonzero(targets(whole, CUT))
    # new: c (b is negative, a is the first); old: c and d (a was seen)
    assert [(int(whole.users[i]), whole.movies[whole.columns[i]]) for i in index] == [
        (1, "c"),
        (2, "c"),
        (2, "d"),
    ]


def test_with_known_only_those_are_asked_about_who_were_there_by_then():
    whole = interactions(FRAME)
    index = np.flatnonzero(targets(whole, CUT, known=CUT))
    assert [(int(whole.users[i]), whole.movies[whole.columns[i]]) for i in index] == [(2, "c"), (2, "d")]
    assert not targets(whole, CUT, known=0).any()


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
        (
            moment.target,
            [column for column, _ in moment.state],
            np.flatnonzero(moment.seen).tolist(),
            moment.events,
        )
        for moment in walk(Recorder(), whole, wanted)
    ]
    expected = [(2, [0, 1], [0, 1], 2), (2, [0, 1], [0, 1], 2), (3, [0, 1, 2, 0], [0, 1, 2], 4)]
    assert told == (expected[::2] if last_only else expected)


def test_a_moment_says_when_it_is():
    whole = interactions(FRAME)
    moments = list(walk(Recorder(), whole, targets(whole, CUT)))
    assert [moment.at for moment in moments] == [int(whole.at[moment.place]) for moment in moments]
    assert all(at < moment.at for moment in moments for _, at in moment.state)


def test_asked_early_a_list_is_that_of_the_event_before_unless_a_sitting_begins():
    whole = interactions(FRAME)
    wanted = targets(whole, CUT)
    places = np.flatnonzero(wanted)
    gaps = whole.at[places] - whole.at[places - 1]
    sitting = int(np.sort(gaps)[1])  # longer than some, no longer than others
    recorder = Recorder(len(whole.movies))
    asked = list(along(recorder, whole, wanted, sitting))
    assert len(asked) == len(places)
    early = np.where(gaps < sitting, whole.at[places - 1], whole.at[places])
    assert recorder.asked == early.tolist()
    recorder.asked.clear()
    assert list(along(recorder, whole, wanted))
    assert recorder.asked == whole.at[places].tolist()


def test_the_best_are_unseen():
    seen = np.array([True, False, False, False])
    assert sorted(best(np.array([9, 1, 3, 2], np.float32), seen, 2)) == [2, 3]
    assert sorted(best(np.array([9, 1, 3, 2], np.float32), seen, 10)) == [1, 2, 3]


def test_order_is_worth_more_than_popularity_where_there_is_order():
    trial = live(data(worlds.lives()), "test", 0, LiveOptions(n_core=2))
    options = SequenceOptions(ridge=1, min_support=1)
    found = [
        figures_of(trial, fit, {})[""].accuracy["MRR"]
        for fit in (Popular.fit, lambda given: SequenceModel.fit(given, options))
    ]
    popular, sequence = (each for each in found if isinstance(each, Figure))
    assert sequence.value > popular.value + 2 * (popular.error + sequence.error)


@pytest.mark.parametrize("on", ["validation", "test"])
def test_what_is_too_little_is_said(on):
    with pytest.raises(TrainingError, match="give more events"):
        live(data(FRAME), on, 0, LiveOptions())


def test_the_last_of_a_user_is_one_list():
    trial = live(data(worlds.lives()), "test", 0, LiveOptions(n_core=2, last=True))
    found = figures_of(trial, Popular.fit, {})[""]
    assert found.lists == found.targets == found.users == trial.n


@st.composite
def frames(draw):
    """Events of few users and movies, in hours of some weeks."""
    n = draw(st.integers(30, 80))
    rows = [
        (f"u{draw(st.integers(0, 5))}", f"m{draw(st.integers(0, 7))}", 1.0, draw(st.integers(0, 1500)))
        for _ in range(n)
    ]
    return worlds.events(*rows)


@PROPERTY
@given(frames(), st.integers(1, 2))
def test_the_validation_never_sees_an_event_after_the_cut_of_the_test(frame, n_core):
    world, times = data(frame), Times()
    try:
        test = time_split(world.events, "test", n_core, times)
        validation = time_split(world.events, "validation", n_core, times)
    except TrainingError:
        return
    assert validation.cut <= test.cut
    assert validation.events["at"].max() <= test.cut  # type: ignore[operator]
    assert validation.before["at"].max() <= validation.cut  # type: ignore[operator]
    assert validation.known == validation.cut - times.known_days * DAY
    assert test.known is None


@PROPERTY
@given(frames(), st.randoms(use_true_random=False))
def test_whatever_happens_after_the_cut_the_validation_is_the_same(frame, random):
    """What is after the cut may change in everything but the times, which are where the cuts come from."""
    world = data(frame)
    options = LiveOptions(n_core=1, times=Times(known_days=0))
    cut = world.events["at"].quantile(0.9, "linear")
    after = pl.col("at") > cut
    changed = world.events.with_columns(
        pl.when(after).then(pl.lit(f"u{random.randrange(9)}")).otherwise("user").alias("user"),
        pl.when(after).then(pl.lit(f"m{random.randrange(12)}")).otherwise("movie").alias("movie"),
        pl.when(after).then(0.0).otherwise("strength").cast(pl.Float32).alias("strength"),
    )
    told: list[Any] = []
    for events in (world.events, changed):
        try:
            trial = live(world._replace(events=events), "validation", 0, options)
        except TrainingError as error:
            told.append(str(error))
            continue
        recorder = Recorder(len(trial.movies))
        answers = [(answer.user, answer.targets.tolist()) for answer in trial.answers(recorder)]
        assert trial.given.at.max() <= cut
        assert all(at <= cut for state in recorder.told for _, at in state)
        told.append((answers, recorder.told, [each.tolist() for each in trial.given[:4]], trial.movies))
    assert told[0] == told[1]


@pytest.mark.parametrize(("times", "cut"), [([1, 2, 3, 4, 5], 4.6), ([1, 2, 3, 9, 9], 9), ([9] * 5, 9)])
def test_of_events_at_the_last_moment_the_cut_is_just_before_it(times, cut):
    found = cut_at(pl.DataFrame({"at": times}), 0.9)
    assert found == pytest.approx(cut)
    assert found < max(times)
