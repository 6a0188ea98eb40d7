"""Places in a life, its latest events, and what belongs together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matinee.models import lives

NONE = np.empty(0, np.int32)


def test_of_a_long_life_the_latest_events_count(monkeypatch):
    monkeypatch.setattr(lives, "LONGEST", 2)
    assert lives.latest(np.array([0, 1, 1, 1, 3, 3], np.int32)).tolist() == [
        True,
        False,
        True,
        True,
        True,
        True,
    ]
    assert lives.latest(np.array([], np.int32)).tolist() == []


def test_places_count_from_the_first_event_of_each_user():
    assert lives.places_of(np.array([0, 0, 2, 2, 2, 5], np.int32)).tolist() == [0, 1, 0, 1, 2, 0]
    assert lives.places_of(np.zeros(0, np.int32)).tolist() == []


def test_of_several_events_of_one_user_at_one_movie_one_is_the_first():
    users, movies = np.array([0, 0, 0, 1], np.int32), np.array([3, 5, 3, 3], np.int32)
    assert lives.first_of_pairs(users, movies).tolist() == [True, True, False, True]


def test_what_has_the_same_key_stands_together_in_order():
    events, bounds = lives.grouped(np.array([1, -1, 0, 1], np.int32), 3)
    assert [events[bounds[i] : bounds[i + 1]].tolist() for i in range(3)] == [[2], [0, 3], []]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 4)), max_size=60), st.integers(1, 5))
def test_of_a_users_events_in_a_row_the_latest_are_kept(events, most):
    events.sort(key=lambda event: event[0])
    users, rows = (np.array(each, np.int32) for each in zip(*events, strict=True)) if events else (NONE, NONE)
    later = [events[place:].count(event) for place, event in enumerate(events)]
    assert lives.latest_of_pairs(users, rows, most).tolist() == [n <= most for n in later]
