"""Exploration: a fair chance within bounds, the same between two requests, and told as what it is."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.events.types import Event
from matinee.log.base import moment_of
from matinee.serve.exploration import (
    CHOICE,
    FEW_EVENTS,
    FIRST,
    PLACES,
    TEN,
    LittleKnown,
    explored,
)
from matinee.serve.lists import ListOptions, ListQuery
from matinee.serve.recommender import UNTRAINED, Recommender
from tests.serve.world import NOON, PairModel, batch, liked, told, world

N = 60
DAY = 86_400_000_000
MOST = 0.1
"""The largest share that the setting allows: one place of every ten."""
IDS = [f"m{n}" for n in range(200)]
SHARES = st.floats(0, MOST)
USERS = st.text(max_size=8)
DAYS = st.integers(0, 40_000)
KNOWN = range(N // 2)
"""Those of the movies below that have many events."""


def served(share: float = MOST, day: int = 0, version: str = "v1", known: int = FEW_EVENTS) -> Recommender:
    live = world(N)
    events = [liked(f"fan{n}", f"m{movie}", n) for movie in KNOWN for n in range(known)]
    live.take(batch(events, 100))
    model = PairModel(N)
    model.alike = np.zeros((N, N), np.float32)
    model.prior = np.linspace(1, 0, N).astype(np.float32)  # the little known ones are last
    options = ListOptions(exploration=share)
    movies = [f"m{n}" for n in range(N)]
    return Recommender(
        live, model, movies, version=version, keep=1000, options=options, clock=lambda: day * DAY
    )


def listed(recommender: Recommender, user: str, **query) -> list[tuple[str, bool]]:
    picks = recommender.recommend(user, ListQuery(**query)).picks
    return [(pick.movie, pick.explored) for pick in picks]


@given(st.permutations(range(200)), st.integers(0, 14), st.integers(0, 25), USERS, DAYS, SHARES)
def test_the_bounds_hold_whatever_the_list(order, tens, few, user, day, share):
    columns = list(order[: tens * TEN])
    found, chosen = explored(columns, order[-few:] if few else [], IDS, user, day, share)
    assert len(set(found)) == len(found)
    assert [column for column in found if column not in chosen] == [c for c in columns if c not in chosen]
    places = [place for place, column in enumerate(found) if column in chosen]
    assert all(place % TEN >= FIRST and place < PLACES for place in places)
    assert len({place // TEN for place in places}) == len(places)
    assert chosen <= set(order[-few:] if few else [])
    if not share:
        assert found == columns


@given(USERS, st.integers(0, 40), st.integers(1, 40), DAYS)
def test_pages_go_on_and_a_list_stays_as_it_is_for_a_day(user, skip, k, day):
    recommender, other = served(day=day), served(day=day)
    whole = listed(recommender, user, k=N)
    assert len({movie for movie, _ in whole}) == N
    assert listed(recommender, user, k=k, skip=skip) == whole[skip : skip + k]
    assert listed(other, user, k=N) == whole


def test_the_share_of_places_is_what_was_asked_for_and_each_movie_has_the_same_chance():
    recommender = served(share=0.05)
    lists = [listed(recommender, f"user{n}") for n in range(4000)]
    shown = [movie for each in lists for movie, is_explored in each if is_explored]
    assert len(shown) / (10 * len(lists)) == pytest.approx(0.05, abs=0.005)
    counts = Counter(shown)
    assert set(counts) == {f"m{n}" for n in range(N // 2, N // 2 + CHOICE)}
    assert max(counts.values()) < 1.6 * min(counts.values())
    assert not any(is_explored for each in lists for _, is_explored in each[:FIRST])


def test_another_day_shows_others():
    lists = {tuple(listed(served(day=day), "ann")) for day in range(12)}
    assert len(lists) > 3


def test_a_kept_list_is_for_its_day():
    today = [0]
    recommender = served()
    recommender.clock = lambda: today[0] * DAY
    recommender.live.take(batch([liked("ann", "m1")], 5000))
    lists = []
    for today[0] in range(7, 19):
        lists.append(recommender.recommend("ann", ListQuery()))
        assert recommender.recommend("ann", ListQuery()) is lists[-1]
    assert len({tuple(made.picks) for made in lists}) > 3


def test_what_is_met_often_enough_is_no_longer_explored_nor_kept():
    recommender = served()
    before = listed(recommender, "ann")
    (movie,) = [movie for movie, is_explored in before if is_explored]
    met = [liked(f"fan{n}", movie, 999 + n) for n in range(FEW_EVENTS)]
    recommender.live.take(batch(met, 5000))
    after = listed(recommender, "ann")
    assert movie not in [each for each, is_explored in after if is_explored]
    assert [is_explored for _, is_explored in after].count(True) == 1


@pytest.mark.parametrize("erased", [True, False])
def test_what_is_left_with_few_events_is_little_known_again(erased: bool):
    recommender = served(known=FEW_EVENTS)
    recommender.recommend("ann", ListQuery())
    live, fans = recommender.live, [f"fan{n}" for n in range(5)]
    forgotten = [Event(id=fan, type="erase", user=fan, at=NOON) for fan in fans]
    if not erased:
        past = [(fan, live.users[fan].row(place)) for fan in fans for place in range(len(live.users[fan]))]
        forgotten = [
            Event(
                id="r", type="retract", user=fan, movie=live.movies[row.column], at=NOON, of=moment_of(row.at)
            )
            for fan, row in past
        ]
    recommender.live.take(batch(forgotten, 5000))
    assert not {*fans} & live.users.keys()
    fresh = Recommender(
        recommender.live, recommender.model, [f"m{n}" for n in range(N)], version="v1", keep=9,
        options=ListOptions(exploration=MOST), clock=lambda: 0,
    )  # fmt: skip
    assert listed(recommender, "bob", k=N) == listed(fresh, "bob", k=N)


def test_a_newcomer_gets_the_chance_that_other_little_known_ones_have():
    recommender = served()
    recommender.live.take(batch([told(f"new{n}") for n in range(9)], 5000))
    lists = [listed(recommender, f"u{n}") for n in range(300)]
    prior = recommender.model.scores([])
    few = [*range(N // 2, N), *range(N, N + 9)]
    best = sorted(few, key=lambda column: -prior[column])
    allowed = {f"m{n}" if n < N else f"new{n - N}" for n in best[: 2 * CHOICE]}
    shown = {movie for each in lists for movie, is_explored in each if is_explored}
    assert shown <= allowed
    assert any(movie.startswith("new") for movie in shown)


def test_nobody_in_particular_gets_nothing_to_explore_and_neither_does_an_untrained_list():
    recommender = served()
    assert not any(pick.explored for pick in recommender.popular(ListQuery(k=N)))
    assert not any(pick.explored for pick in recommender.recommend_to_stranger([], [], ListQuery(k=N)).picks)
    assert not any(is_explored for _, is_explored in listed(served(version=UNTRAINED), "ann", k=N))
    assert not any(is_explored for _, is_explored in listed(served(share=0), "ann", k=N))


def test_the_seen_the_excluded_and_other_genres_are_not_explored():
    recommender = served()
    seen = [liked("ann", f"m{n}", n) for n in range(N // 2, N // 2 + 8)]
    recommender.live.take(batch(seen, 5000))
    assert not {movie for movie, _ in listed(recommender, "ann", k=N)} & {event.movie for event in seen}
    comedies = listed(recommender, "ann", genre="comedy", k=20, exclude=("m40", "m42"))
    assert {int(movie[1:]) % 2 for movie, _ in comedies} == {0}
    assert not {"m40", "m42"} & {movie for movie, _ in comedies}
    assert any(is_explored for _, is_explored in comedies)


@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=80), st.data())
def test_the_little_known_are_those_with_few_events_best_first(scores, data):
    size = len(scores)
    events = data.draw(st.lists(st.integers(0, 2 * FEW_EVENTS), min_size=size, max_size=size))
    few = LittleKnown(IDS, events.__getitem__, [])
    few.admit(range(size))
    for column in data.draw(st.lists(st.integers(0, size - 1), max_size=9)):
        events[column] += FEW_EVENTS
    found = few.best(np.array(scores, np.float32))
    expected = sorted(
        (n for n in range(size) if events[n] < FEW_EVENTS), key=lambda n: -np.float32(scores[n])
    )
    assert [scores[n] for n in found] == [scores[n] for n in expected[: len(found)]]
    assert len(set(found)) == len(found)
    assert len(found) >= min(len(expected), CHOICE)


@given(
    st.permutations(range(40)), st.lists(st.sampled_from([0.0, 1.0]), min_size=40, max_size=40), USERS, DAYS
)
def test_processes_in_which_movies_joined_in_another_order_explore_the_same(order, scores, user, day):
    ids = [f"m{n}" for n in order]
    here, there = LittleKnown(IDS, lambda _: 0, range(40)), LittleKnown(ids, lambda _: 0, range(40))
    ten = list(range(50, 60))
    found = [
        [names[column] for column in explored(ten, few.best(of), names, user, day, MOST)[1]]
        for few, of, names in (
            (here, np.array(scores, np.float32), IDS),
            (there, np.array([scores[n] for n in order], np.float32), [*ids, *IDS[40:]]),
        )
    ]
    assert found[0] == found[1]
