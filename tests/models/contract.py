"""What every model promises, as one suite; a subclass names the model and what it claims."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinee.models.base import Folded, History
from tests.models import worlds

EVENT = st.tuples(st.integers(0, worlds.N_MOVIES - 1), st.floats(-1, 1, width=32))
PROPERTY = settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None, max_examples=50)
"""One test function runs for many subclasses, which is what a contract is."""
SECOND = 1_000_000
GAPS = st.sampled_from([0, SECOND, 60 * SECOND, 3_600 * SECOND, 30 * 86_400 * SECOND])


def lived(events: list[tuple[tuple[int, float], int]]) -> History:
    """Events of (column, strength), each so long after the one before."""
    history = worlds.history(*(event for event, _ in events))
    return history._replace(at=np.cumsum([gap for _, gap in events], dtype=np.int64))


HISTORIES = st.lists(st.tuples(EVENT, GAPS), max_size=30).map(lived)


@functools.cache
def fitted(make: Callable[[], Any]) -> Any:
    return make()


class ModelContract:
    make: ClassVar[Callable[[], Any]]

    @property
    def model(self):
        return fitted(type(self).make)

    def scores_after(self, *events):
        return self.model.scores(self.model.state(worlds.history(*events)))

    @PROPERTY
    @given(HISTORIES)
    def test_folding_in_one_by_one_gives_the_state_of_the_whole(self, history: History):
        one_by_one = self.model.scores(worlds.folded(self.model, history))
        assert worlds.close(one_by_one, self.model.scores(self.model.state(history)))

    @PROPERTY
    @given(HISTORIES, HISTORIES)
    def test_a_history_may_be_cut_anywhere(self, first: History, then: History):
        state = self.model.state(first)
        for event in zip(*(array.tolist() for array in then), strict=True):
            state = self.model.fold_in(state, Folded(*event))
        columns, strengths, at = (np.concatenate([a, b]) for a, b in zip(first, then, strict=True))
        whole = History(columns, strengths, at)
        assert worlds.close(self.model.scores(state), self.model.scores(self.model.state(whole)))

    @PROPERTY
    @given(HISTORIES)
    def test_explanations_and_base_sum_to_the_scores(self, history: History):
        columns = np.array([3, 0, 17], np.int32)
        state = self.model.state(history)
        given_ = self.model.explain(state, history, columns)
        assert given_.shape == (len(history.columns), 3)
        terms = np.vstack([given_, self.model.base(state)[columns]])
        assert worlds.close(terms.sum(axis=0), self.model.scores(state)[columns], terms=terms)

    @PROPERTY
    @given(HISTORIES, st.integers(0, 10**15))
    def test_so_they_do_however_long_after_the_last_event(self, history: History, wait: int):
        columns = np.array([3, 0, 17], np.int32)
        state, at = self.model.state(history), int(history.at.max(initial=0)) + wait
        given_ = self.model.explain(state, history, columns, at)
        terms = np.vstack([given_, self.model.base(state, at)[columns]])
        assert worlds.close(terms.sum(axis=0), self.model.scores(state, at)[columns], terms=terms)

    def test_scores_are_the_callers_own(self):
        state = self.model.state(worlds.history((1, 1.0)))
        self.model.scores(state)[:] = -5
        assert self.model.scores(state).max() > -5

    def test_scores_cover_the_catalogue(self):
        assert self.scores_after((1, 1.0), (2, -1.0)).shape == (worlds.N_MOVIES,)
        assert self.model.similar(1).shape == (worlds.N_MOVIES,)

    def test_restored_it_scores_the_same(self):
        other = self.restored()
        history = worlds.history((3, 1.0), (5, -0.5), (6, 0.7))
        assert np.array_equal(
            other.scores(other.state(history)), self.model.scores(self.model.state(history))
        )

    def restored(self):
        return type(self.model).restored(self.model.arrays(), self.model.settings())

    def test_the_same_data_fits_the_same_model(self):
        again = type(self).make().arrays()
        for name, array in self.model.arrays().items():
            assert np.array_equal(again[name], array), name


class PullContract(ModelContract):
    """Of those that a first like draws to what resembles its movie, and a first dislike away from it."""

    def test_a_like_lifts_what_resembles_it_and_a_dislike_lowers_it(self):
        assert self.scores_after((3, 1.0))[6] > self.scores_after()[6] > self.scores_after((3, -1.0))[6]

    def test_a_longer_view_pulls_more(self):
        assert self.scores_after((3, 0.8))[6] > self.scores_after((3, 0.3))[6]

    def test_a_dislike_after_a_like_of_its_kind_lowers_that_kind(self):
        assert self.scores_after((3, 1.0), (6, -1.0))[9] < self.scores_after((3, 1.0), (6, 1.0))[9]
