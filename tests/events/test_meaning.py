"""One number per event, the same wherever it is computed."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.events.meaning import strength, strength_column
from matinee.events.types import USER_EVENT_TYPES

values = st.none() | st.floats(0, 604_800) | st.floats(0.5, 5) | st.floats(0, 1)
pairs = st.tuples(st.sampled_from(USER_EVENT_TYPES), values).filter(
    lambda pair: pair[0] not in {"rating", "review"} or pair[1] is None or 0.5 <= pair[1] <= 5
)


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("like", None, 1),
        ("dislike", None, -1),
        ("rating", 5.0, 1),
        ("rating", 2.5, 0),
        ("rating", 0.5, -1),
        ("rating", 4.0, 0.6),
        ("rating", 1.5, -0.5),
        ("review", 4.0, 0.6),
        ("review", None, 0.5),
        ("view", None, 0.5),
        ("view", 0.0, -0.2),
        ("view", 0.2, 0),
        ("view", 1.0, 0.8),
        ("view", 3000.0, 0.3),
        ("view", 604_800.0, 0.8),
    ],
)
def test_the_table_holds(type_, value, expected):
    assert strength(type_, value) == pytest.approx(expected)


@settings(deadline=None)
@given(pairs)
def test_a_strength_is_from_minus_one_to_one(pair):
    assert -1 <= strength(*pair) <= 1


@settings(deadline=None)
@given(st.lists(pairs, min_size=1))
def test_the_column_equals_the_function(rows):
    frame = pl.DataFrame(rows, schema={"type": pl.String, "value": pl.Float64}, orient="row")
    column = frame.select(strength_column())["strength"]
    assert column.dtype == pl.Float32
    expected = np.array([strength(*row) for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(column.to_numpy(), expected)


@settings(deadline=None)
@given(st.floats(0.5, 5), st.floats(0.5, 5))
def test_more_stars_never_mean_less(one, other):
    low, high = sorted((one, other))
    assert strength("rating", low) <= strength("rating", high)
