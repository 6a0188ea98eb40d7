"""Rows: the most supported movies have their own, others share that of the movie most like them."""

import numpy as np

from matinee.models.base import Interactions
from matinee.models.rows import Rows, supported

OWNERS = np.array([0, 2], np.int32)


def given(*events: tuple[int, int, float]) -> Interactions:
    users, columns, strengths = (np.array(values) for values in zip(*events, strict=True))
    return Interactions(
        users.astype(np.int32),
        columns.astype(np.int32),
        strengths.astype(np.float32),
        np.arange(len(events)),
        tuple(f"m{column}" for column in range(5)),
        int(users.max()) + 1,
    )


LIVES = given((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 2, 1), (2, 3, 1), (2, 0, -1))


def test_the_most_supported_are_chosen_ties_by_column():
    assert supported(LIVES, 2, 1).tolist() == [0, 1]
    assert supported(LIVES, 5, 2).tolist() == [0, 1, 2]
    assert supported(LIVES, 0, 1).tolist() == []


def test_others_share_the_row_of_the_movie_whose_audience_is_most_like_theirs():
    rows = Rows.of(LIVES, OWNERS, 0.5)
    assert rows.rows.tolist() == [0, 0, 1, 1, -1]  # nobody met the last one
    assert rows.shares.tolist() == [1, 0.5, 1, 0.5, 0.5]


def test_who_dislikes_a_movie_is_not_of_its_audience():
    assert Rows.of(given((0, 0, -1), (0, 2, 1), (0, 1, 1)), OWNERS, 0.5).rows[1] == 1


def test_where_nothing_is_lent_others_count_nothing_in_the_row_they_share():
    rows, shares = Rows.of(LIVES, OWNERS, 0)
    assert (rows.tolist(), shares.tolist()) == ([0, 0, 1, 1, -1], [1, 0, 1, 0, 0])


def test_movies_that_came_later_have_no_row():
    assert Rows.of(LIVES, OWNERS, 0.5).at(np.array([1, 4, 5, 99], np.int32)).tolist() == [0, -1, -1, -1]
