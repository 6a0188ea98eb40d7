"""Ranks and figures, against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.metrics import (
    MISSED,
    Asked,
    by_chance,
    figures,
    mean,
    of_lists,
    of_targets,
    rank,
    ranks,
)
from tests.models.contract import PROPERTY

SCORES = np.array([0.5, 0.9, 0.5, 0.1], np.float32)


@pytest.mark.parametrize(
    ("target", "seen", "place"),
    [
        (1, [], 0),
        (0, [], 2),
        (2, [], 2),
        (0, [2], 1),
        (0, [1, 2], 0),
        (3, [], 3),
        (3, [0, 1, 2], 0),
        (9, [], MISSED),
    ],
)
def test_the_rank_is_among_the_unseen_and_ties_count_against(target, seen, place):
    mask = np.zeros(4, bool)
    mask[seen] = True
    assert rank(SCORES, mask, target) == place


def test_a_score_that_is_no_number_is_no_hit():
    scores = np.array([np.nan, 1, 2], np.float32)
    assert rank(scores, np.zeros(3, bool), 0) == MISSED


def test_figures_of_known_ranks():
    found = figures(np.array([0, 2, 10, MISSED], np.int32), np.arange(4, dtype=np.int32), 10, 0.25)
    assert found.hit_rate.value == 0.5
    assert np.isclose(found.ndcg.value, (1 + 1 / 2) / 4)
    assert np.isclose(found.mrr.value, (1 + 1 / 3 + 1 / 11) / 4)
    assert (found.targets, found.users, found.coverage) == (4, 4, 0.25)


def test_the_error_takes_one_users_targets_as_one():
    gains = np.array([1.0, 1.0, 0.0, 0.0])
    assert np.isclose(mean(gains, np.array([0, 1, 2, 3])).error, 0.25)
    assert np.isclose(mean(gains, np.array([0, 0, 1, 1])).error, np.sqrt(2) / 4)


def test_no_targets_no_figures():
    assert figures(np.zeros(0, np.int32), np.zeros(0, np.int32), 10, 0).hit_rate.value == 0


@PROPERTY
@given(st.data())
def test_the_ranks_of_several_are_those_of_each(data):
    n = data.draw(st.integers(1, 30))
    scores = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), np.float32)
    seen = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    targets = np.flatnonzero(~seen)[: data.draw(st.integers(0, 5))].astype(np.int32)
    assert ranks(scores, seen, targets).tolist() == [rank(scores, seen, int(target)) for target in targets]


def asked(*lists):
    """Lists of ranks, one a user, over 20 movies each."""
    n = np.array([len(each) for each in lists])
    numbers = np.arange(len(lists), dtype=np.int32)
    return Asked(
        numbers,
        np.full(len(lists), 20, np.int32),
        np.repeat(numbers, n),
        np.concatenate(lists).astype(np.int32),
    )


def test_recall_and_its_ideal_are_truncated_at_what_could_be_found():
    found = of_lists(asked([0, 30], list(range(60)), []))
    assert np.isclose(found["Recall@20"].value, (1 / 2 + 20 / 20) / 2)  # a list without targets is none
    assert np.isclose(found["Recall@50"].value, (2 / 2 + 50 / 50) / 2)
    ideal = 1 + 1 / np.log2(3)
    assert np.isclose(found["NDCG@100"].value, ((1 + 1 / np.log2(32)) / ideal + 1) / 2)


def test_each_target_is_ranked_on_its_own():
    found = of_targets(asked([0, 10], [15]))
    assert np.isclose(found["HR@10"].value, 1 / 3)
    assert np.isclose(found["HR@20"].value, 1)
    assert np.isclose(found["NDCG@10"].value, 1 / 3)
    assert np.isclose(found["MRR"].value, (1 + 1 / 11 + 1 / 16) / 3)


def test_chance_is_ten_of_those_that_were_ranked():
    assert np.isclose(by_chance(asked([0], [5]))["random HR@10"].value, 0.5)
    few = asked([0])._replace(unseen=np.array([4]))
    assert by_chance(few)["random HR@10"].value == 1
