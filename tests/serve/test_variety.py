"""Variety: 0 is the list by score, more repeats less, pages go on, and a score stays the movie's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.serve.lists import ListOptions, ListQuery
from matinee.serve.recommender import Recommender
from matinee.serve.variety import CANDIDATES, Genres, top, varied
from tests.serve.world import PairModel, batch, liked, told, world

N = 160


@st.composite
def candidates(draw):
    """Scores in descending order, and genres among six."""
    n = draw(st.integers(1, 30))
    scores = np.sort(np.array(draw(st.lists(st.floats(-9, 9, width=32), min_size=n, max_size=n)), np.float32))
    names = draw(st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), min_size=n, max_size=n))
    genres = Genres()
    genres.resize(n)
    for column, each in enumerate(names):
        genres.update(column, each)
    return scores[::-1].copy(), genres.alike(np.arange(n, dtype=np.int32))


@given(candidates(), st.floats(0, 1))
def test_it_is_an_order_of_the_same_movies_that_starts_with_the_best(given, variety):
    scores, genres = given
    order = varied(scores, genres, variety, len(scores))
    assert sorted(order) == list(range(len(scores)))
    if variety < 1:
        assert scores[order[0]] == scores[0]


@given(candidates(), st.floats(0, 1), st.integers(1, 30))
def test_asking_for_fewer_gives_the_beginning(given, variety, wanted):
    scores, genres = given
    whole = varied(scores, genres, variety, len(scores))
    assert varied(scores, genres, variety, wanted).tolist() == whole[:wanted].tolist()


@given(candidates(), st.floats(0, 1))
def test_every_place_has_the_largest_marginal_relevance(given, variety):
    scores, genres = given
    spread = float(scores[0] - scores[-1]) or 1.0
    relevance = (scores - scores[-1]).astype(np.float64) / spread
    order, left = varied(scores, genres, variety, len(scores)).tolist(), set(range(len(scores)))
    for place, best in enumerate(order):
        listed = order[:place]
        marginal = {
            j: (1 - variety) * relevance[j] - variety * max((float(genres[i, j]) for i in listed), default=0)
            for j in left
        }
        assert marginal[best] == pytest.approx(max(marginal.values()), abs=1e-4)
        left.remove(best)


def test_of_alike_ones_the_second_waits_and_the_unknown_are_alike():
    genres = Genres()
    genres.resize(5)
    for column, names in enumerate((["War"], ["war"], ["Comedy"], [], [])):
        genres.update(column, names)
    scores = np.array([1, 0.9, 0.8, 0.7, 0.0], np.float32)
    alike = genres.alike(np.arange(5, dtype=np.int32))
    assert varied(scores, alike, 0.5, 5).tolist() == [0, 2, 3, 1, 4]


def test_more_genres_than_places_still_have_cosines():
    genres = Genres()
    genres.resize(1)
    for n in range(400):
        genres.update(0, [f"g{n}", f"h{n}"])
        assert genres.alike(np.array([0], np.int32)) == pytest.approx(1, abs=1e-6)


@given(st.lists(st.lists(st.integers(0, 200), max_size=5), min_size=2, max_size=9), st.randoms())
def test_how_alike_movies_are_does_not_depend_on_what_came_first(names, chosen):
    """Each process learns of movies, and of what they were called before, in an order of its own."""
    found = []
    for _ in range(2):
        genres, columns = Genres(), list(range(len(names)))
        genres.resize(len(names))
        chosen.shuffle(columns)
        for column in columns:
            genres.update(column, [f"before-{chosen.random()}"])
            genres.update(column, [f"g{n}" for n in names[column]])
        found.append(genres.alike(np.arange(len(names), dtype=np.int32)))
    one, other = found
    assert np.array_equal(one, other)


def recommender(**options: float) -> Recommender:
    live = world(0)
    live.take(batch([told(f"m{n}", genres=(f"g{n // 5 % 7}",)) for n in range(N)], 10))
    live.take(batch([liked("ann", "m3"), liked("ann", "m50", 1)], 10 + N))
    model = PairModel(N)
    model.alike = np.random.default_rng(3).normal(size=(N, N)).astype(np.float32)
    model.prior = np.zeros(N, np.float32)
    movies = [f"m{n}" for n in range(N)]
    return Recommender(live, model, movies, version="v1", keep=9, options=ListOptions(**options))


def movies(recommender: Recommender, **query) -> list[str]:
    return [pick.movie for pick in recommender.recommend("ann", ListQuery(**query)).picks]


def test_a_query_says_how_varied_and_else_the_recommender_does():
    plain, mixed = recommender(), recommender(variety=0.4)
    assert movies(plain) == movies(mixed, variety=0.0) != movies(mixed)
    assert movies(plain, variety=0.4) == movies(mixed)
    scores = [pick.score for pick in plain.recommend("ann", ListQuery()).picks]
    assert scores == sorted(scores, reverse=True)


SCORES = st.sampled_from([-np.inf, -1.5, 0.0, 0.5, 2.0]) | st.floats(-9, 9, width=32)


@given(st.lists(SCORES, max_size=120), st.integers(0, 9) | st.integers(10, 130))
def test_the_best_are_listed_first_and_equals_by_column(scores, wanted):
    listed = sorted((n for n, score in enumerate(scores) if score > -np.inf), key=lambda n: (-scores[n], n))
    assert top(np.array(scores, np.float32), wanted).tolist() == listed[:wanted]


@given(st.floats(0, 1), st.integers(0, N), st.integers(1, 40))
def test_a_page_goes_on_where_the_one_before_ended(variety, skip, k):
    served = recommender()
    whole = movies(served, k=N, variety=variety)
    assert len(set(whole)) == len(whole) == N - 2
    assert movies(served, k=k, skip=skip, variety=variety) == whole[skip : skip + k]
    by_score = movies(served, k=N)
    assert whole[CANDIDATES:] == by_score[CANDIDATES:]
    assert set(whole[:CANDIDATES]) == set(by_score[:CANDIDATES])


def test_scores_and_reasons_are_those_of_the_movies():
    served = recommender()
    by_score = {pick.movie: pick.score for pick in served.recommend("ann", ListQuery(k=N)).picks}
    for pick in served.recommend("ann", ListQuery(variety=0.8), reasons=3).picks:
        assert pick.score == by_score[pick.movie]
        assert sum(reason.gave for reason in pick.reasons) == pytest.approx(pick.score, abs=1e-4)


def test_strangers_and_the_popular_list_vary_too():
    served = recommender()
    served.model.prior[:] = np.linspace(1, 0, N)  # type: ignore[attr-defined]
    plain, mixed = ListQuery(variety=0.0), ListQuery(variety=0.9)
    assert served.popular(plain) != served.popular(mixed)
    asked = [served.recommend_to_stranger(["m3"], [], query).picks for query in (plain, mixed)]
    assert asked[0] != asked[1]
    assert len(asked[0]) == len(asked[1]) == 10
