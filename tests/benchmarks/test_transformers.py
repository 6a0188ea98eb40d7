"""A rival that is asked in batches is asked the same as everyone else."""

from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import BenchmarkError
from benchmarks.rivals import rectools
from benchmarks.rivals.rectools import NetworkOptions, windows
from benchmarks.transformers import Run, answers, judged, main
from matinee.evaluation import evaluate
from tests.evaluation import worlds

DATA = worlds.lives()
ALL = 10**9


class Onwards:
    """Says that the movies after the last one come next, counted by how often the history is heard of.

    Asked one by one or in batches.
    """

    def __init__(self, n_movies: int) -> None:
        self.n_movies = n_movies

    def scores(self, pasts, _at=None):
        if isinstance(pasts, tuple):
            return self._scores(pasts)
        return np.stack([self._scores(past.tolist()) for past in pasts])

    def _scores(self, past):
        steps = (np.arange(self.n_movies) - past[-1]) % self.n_movies
        often = Counter(past)
        return (-steps - [often[movie] / 2 for movie in range(self.n_movies)]).astype(np.float32)

    def state(self, history):
        return tuple(history.columns.tolist())

    def fold_in(self, state, event):
        return (*state, event.column)


def trial(protocol, on="test"):
    return evaluate.RANKING[protocol].trial(DATA, on, 0, evaluate.RANKING[protocol].options)


@pytest.mark.parametrize("protocol", ["live", "live-early", "last"])
def test_figures_are_those_of_asking_one_by_one(protocol):
    asked = trial(protocol)
    model = Onwards(len(asked.movies))
    one_by_one = evaluate.figures_of(asked, lambda _given: model, DATA.facts)[""]
    assert judged(asked, DATA, model, ALL) == one_by_one
    assert one_by_one.lists > 50


def test_a_sample_is_spread_evenly_over_the_lists():
    asked = trial("live", "validation")
    model = Onwards(len(asked.movies))
    everyone = [(each.user, len(each.past)) for each in answers(asked, ALL, model)]
    some = [(each.user, len(each.past)) for each in answers(asked, 10, model)]
    places = [everyone.index(each) for each in some]
    assert len(everyone) == asked.n
    assert (places[0], places[-1]) == (0, asked.n - 1)
    assert np.ptp(np.diff(places)) <= 1


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(1, 5))
def test_in_windows_every_event_but_a_users_first_is_foreseen_once(counts, length):
    users = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    numbers, places = windows(users, length)
    foreseen = []
    for window in np.split(places, np.flatnonzero(np.diff(numbers)) + 1):
        assert len(window) <= length + 1
        assert np.all(np.diff(window) == 1)
        assert len(set(users[window])) == 1
        foreseen += window[1:].tolist()
    firsts = np.searchsorted(users, np.arange(len(counts)))
    assert sorted(foreseen) == np.setdiff1d(np.arange(len(users)), firsts).tolist()


@given(st.lists(st.integers(2, 12), min_size=1, max_size=6), st.integers(1, 5))
def test_the_last_window_is_what_the_library_would_take(counts, length):
    users = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    numbers, places = windows(users, length)
    for user, n in enumerate(counts):
        first = int(np.searchsorted(users, user))
        own = places[numbers == numbers[users[places] == user].min()]
        assert own.tolist() == list(range(first + max(n - length - 1, 0), first + n))


def test_a_folder_is_of_one_run(tmp_path):
    Run(tmp_path, DATA, NetworkOptions())
    Run(tmp_path, DATA, NetworkOptions())
    with pytest.raises(BenchmarkError, match="name another folder"):
        Run(tmp_path, DATA, NetworkOptions(blocks=1))


def test_without_the_library_it_says_what_to_install(tmp_path, sample, monkeypatch):
    monkeypatch.setattr(rectools, "MISSING", ImportError("No module named 'torch'"))
    answer = CliRunner().invoke(main, [str(tmp_path / "run"), "--data", str(sample)])
    assert answer.exit_code == 1
    assert "torch" in answer.output
    assert "pip install -c constraints.txt -e '.[rivals]'" in answer.output
