"""Positions: written, read and compared."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.errors import EventError
from matinee.log.base import Position

offsets = st.lists(st.integers(0, 10**18 - 1), max_size=6)


@settings(deadline=None)
@given(offsets)
def test_a_position_is_read_as_it_was_written(numbers):
    assert Position.parse(str(Position(numbers))) == Position(numbers)


def test_it_is_written_with_dots():
    assert str(Position((17, 0, 23))) == "17.0.23"
    assert Position.parse("1042") == (1042,)
    assert Position.parse("") == Position()


@pytest.mark.parametrize(
    "text", ["-1", "1.", ".", "1..2", "a", "1.5e3", " 1", "\u0661", "9" * 19, "0." * 5000 + "0"]
)
def test_what_is_no_position_is_refused(text):
    with pytest.raises(EventError) as caught:
        Position.parse(text)
    assert caught.value.field == "offset"


@settings(deadline=None)
@given(st.text())
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(EventError):
        assert isinstance(Position.parse(text), Position)


@settings(deadline=None)
@given(offsets, offsets)
def test_reaching_is_being_as_far_everywhere(mine, theirs):
    expected = all(there <= (mine[place] if place < len(mine) else 0) for place, there in enumerate(theirs))
    assert Position(mine).reaches(Position(theirs)) == expected


@settings(deadline=None)
@given(offsets)
def test_everything_reaches_the_beginning_and_itself(numbers):
    assert Position(numbers).reaches(Position())
    assert Position(numbers).reaches(Position(numbers))
