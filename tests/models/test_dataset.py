"""From the lake to arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.splits import core, split
from matinee.models.dataset import interactions
from tests.models.contract import PROPERTY
from tests.training import worlds

FRAME = worlds.events(
    ("b", "y", 1, 2), ("a", "x", 0.5, 1), ("b", "x", -1, 1), ("a", "y", 1, 1), ("a", "z", 1, 0)
)


def test_events_stand_by_user_then_time_then_place_in_the_log():
    given_ = interactions(FRAME)
    assert given_.movies == ("x", "y", "z")
    assert given_.users.tolist() == [0, 0, 0, 1, 1]
    assert given_.columns.tolist() == [2, 0, 1, 0, 1]
    assert given_.strengths.tolist() == [1, 0.5, 1, -1, 1]
    assert given_.n_users == 2


@PROPERTY
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_the_lake_gives_rows_does_not_matter(random):
    one, other = interactions(FRAME), interactions(FRAME[random.sample(range(5), 5)])
    assert np.array_equal(one.users, other.users)
    assert np.array_equal(one.columns, other.columns)
    assert np.array_equal(one.strengths, other.strengths)


def test_a_catalogue_may_be_given_and_others_are_left_out():
    given_ = interactions(FRAME, ("z", "q", "x"))
    assert given_.columns.tolist() == [0, 2, 2]
    assert given_.movies == ("z", "q", "x")


def test_nothing_gives_nothing():
    given_ = interactions(FRAME.clear())
    assert given_.n_users == 0 == len(given_.users)


def test_the_cut_itself_is_before():
    parts = split(FRAME, worlds.START)
    assert (parts.before.height, parts.after.height) == (1, 4)


def test_the_core_is_what_remains_when_leaving_out_has_ended():
    frame = worlds.events(
        ("a", "x", 1, 0), ("a", "y", 1, 0), ("b", "x", 1, 0), ("b", "y", 1, 0), ("c", "y", 1, 0)
    )
    assert core(frame, 2)["user"].to_list() == ["a", "a", "b", "b"]
    assert core(frame, 3).is_empty()
