"""The expansion: as large as asked, the same for a seed, sequences as they were."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.errors import BenchmarkError
from benchmarks.expansion import IDS, Matrix, Size, expanded, reduced
from tests.benchmarks.worlds import MOVIES, USERS, movielens

GIVEN = movielens()


def made(size, seed=0):
    movies, ratings = expanded(GIVEN, size, seed)
    return movies, pl.concat(ratings)


COUNTS = st.integers(1, 4), st.integers(0, 5), st.integers(MOVIES, 2 * MOVIES)


@settings(max_examples=30, deadline=None)
@given(*COUNTS, st.floats(0.6, 0.8), st.integers(0, 9))
def test_it_has_exactly_the_events_users_and_movies_that_were_asked_for(times, more, movies, share, seed):
    size = Size(int(times * len(GIVEN.ratings) * share), times * USERS + more, movies)
    listed, ratings = made(size, seed)
    assert (len(ratings), ratings["userId"].n_unique(), ratings["movieId"].n_unique()) == size
    assert set(listed["movieId"]) == set(ratings["movieId"])


def test_of_fewer_users_or_movies_than_there_are_it_takes_some():
    _, ratings = made(Size(60, 7, 15))
    assert (ratings["userId"].n_unique(), ratings["movieId"].n_unique()) == (7, 15)


def test_nobody_rates_a_movie_twice():
    _, ratings = made(Size(500, 4 * USERS, 3 * MOVIES))
    assert not ratings.select("userId", "movieId").is_duplicated().any()


def test_the_same_seed_gives_the_same_and_another_does_not():
    size = Size(400, 40, 50)
    assert made(size, 3)[1].equals(made(size, 3)[1])
    assert not made(size, 3)[1].equals(made(size, 4)[1])


def test_the_order_the_pauses_and_the_stars_of_a_user_are_those_of_the_original():
    _, ratings = made(Size(500, 4 * USERS, 3 * MOVIES))
    given_ = GIVEN.ratings.with_row_index("place")
    originals = {(user, movie): row for row, user, movie, *_ in given_.iter_rows()}
    for user, rows in ratings.group_by("userId", maintain_order=True):
        original = str(int(user[0]) % IDS)
        places = [originals[original, str(movie % IDS)] for movie in rows["movieId"]]
        assert places == sorted(places)
        assert rows["rating"].to_list() == given_["value"].gather(places).to_list()
        later = set((rows["timestamp"] - given_["at"].gather(places)).to_list())
        assert len(later) == 1
        assert 0 <= later.pop() < 3600


def test_titles_and_ids_say_that_it_is_synthetic_and_genres_stay():
    movies, ratings = made(Size(400, 40, 50))
    listed = {movie: (title, genres) for movie, title, genres in movies.iter_rows()}
    assert listed[2 * IDS + 3] == ("Film 3, The (synthetic 2) (1943)", "Drama|War")
    assert min(movies["movieId"].min(), ratings["userId"].min()) > IDS


def test_the_first_movie_blocks_have_most_of_the_events():
    matrix = Matrix.of(GIVEN.ratings, Size(1, USERS, MOVIES), np.random.default_rng(0))
    shares = reduced(matrix, 3, 4)
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))
    assert (np.diff(shares.mean(axis=0)) < 0).all()


@pytest.mark.parametrize(
    ("size", "advice"),
    [
        (Size(10_000, 40, 50), "ask for more users"),
        (Size(60, 40, 50), "ask for more"),
        (Size(100, 40, 1), "too few"),
    ],
)
def test_what_cannot_be_made_is_refused_with_advice(size, advice):
    with pytest.raises(BenchmarkError, match=advice):
        made(size)
