"""Who is like whom and who would like what: exact over the users that are kept, and kept within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.events.types import Event, Facts
from matinee.serve.counts import Counts
from matinee.serve.neighbours import TELLING, similar_users, would_like
from matinee.serve.recommender import UNTRAINED, Recommender
from matinee.serve.tastes import Tastes
from tests.serve.world import NOON, PairModel, batch, liked, world

N = 12
EVENTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, N - 1)), min_size=1, max_size=40)


def served(events: list[tuple[int, int]]) -> Recommender:
    live = world(N)
    live.take(batch([liked(f"u{user}", f"m{m}", n + 1) for n, (user, m) in enumerate(events)], 100))
    return Recommender(live, PairModel(N), [f"m{n}" for n in range(N)], version="v1", keep=9)


def renewed(recommender: Recommender, **options: int) -> Tastes:
    tastes = Tastes(recommender, **options)
    list(tastes.renew())
    return tastes


@given(EVENTS, st.integers(1, 8))
def test_the_nearest_are_those_with_the_largest_cosines_discounted_for_few_events(events, k):
    recommender = served(events)
    tastes = renewed(recommender)
    assert len(tastes) == len(recommender.live.users)
    for user in recommender.live.users:
        own = recommender.taste(user)
        cosines = {
            each: float(own @ recommender.taste(each)) * len(past) / (len(past) + 5)
            for each, past in recommender.live.users.items()
        }
        del cosines[user]
        expected = sorted((cosine for cosine in cosines.values() if cosine > 0), reverse=True)[:k]
        found = similar_users(recommender, tastes, user, k)
        assert [each.score for each in found] == pytest.approx(expected, abs=1e-5)
        assert [cosines[each.user] for each in found] == pytest.approx(expected, abs=1e-5)


@given(EVENTS, st.integers(0, N - 1))
def test_who_would_like_a_movie_has_not_met_it(events, movie):
    recommender = served(events)
    tastes, live = renewed(recommender), recommender.live
    met = {user for user, past in live.users.items() if movie in past.matrix()[:, 0].astype(int)}
    found = would_like(live, tastes, f"m{movie}", 99)
    appeal = recommender.model.appeal(movie)
    scores = {user: float(recommender.taste(user) @ appeal) for user in live.users if user not in met}
    assert {each.user for each in found} == {user for user, score in scores.items() if score > 0}
    assert [each.score for each in found] == pytest.approx([scores[each.user] for each in found], abs=1e-5)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_what_both_liked_is_named_the_rarest_first_and_a_dislike_is_not():
    events = [(user, m) for user in (0, 1) for m in range(8)] + [
        (user, m) for user in (2, 3, 4) for m in (0, 1)
    ]
    recommender = served(events)
    live = recommender.live
    live.take(batch([Event(id="no", type="dislike", user="u1", movie="m7", at=NOON)], 500))
    live.take(batch([Event(id="no2", type="dislike", user="u1", movie="m7", at=NOON)], 600))
    found = {each.user: each for each in similar_users(recommender, renewed(recommender), "u0", 9)}
    assert found["u1"].in_common == 8
    assert found["u1"].shared == ("m2", "m3", "m4", "m5", "m6")
    assert len(found["u1"].shared) == TELLING


@given(EVENTS, EVENTS)
def test_a_renewal_is_the_same_as_made_anew(events, more):
    recommender = served(events)
    tastes = renewed(recommender)
    recommender.live.take(
        batch([liked(f"u{user}", f"m{m}", 99 + n) for n, (user, m) in enumerate(more)], 900)
    )
    list(tastes.renew())
    fresh = renewed(recommender)
    for user in recommender.live.users:
        assert dict(tastes.near(user, 9)) == pytest.approx(dict(fresh.near(user, 9)), abs=1e-6)


@given(EVENTS, st.integers(1, 4))
def test_only_so_many_are_kept_those_of_the_latest_events(events, most):
    recommender = served(events)
    tastes = renewed(recommender, most=most)
    users = recommender.live.users
    latest = sorted(users, key=lambda user: -users[user].rows[-2])[:most]
    assert len(tastes) == len(latest)
    assert {each.user for user in users for each in tastes.near(user, 9)} <= set(latest)


def test_who_is_erased_is_gone_at_once_and_may_come_back():
    recommender = served([(0, 1), (1, 1), (1, 2), (2, 1)])
    tastes, live = renewed(recommender), recommender.live
    assert "u1" in {each.user for each in tastes.near("u0", 9)}
    live.take(batch([Event(id="e", type="erase", user="u1", at=NOON)], 500))
    assert "u1" not in {each.user for each in tastes.near("u0", 9)}
    assert len(tastes) == 3
    live.take(batch([liked("u1", "m1", 50)], 600))
    list(tastes.renew())
    assert "u1" in {each.user for each in tastes.near("u0", 9)}


def test_what_is_passed_on_is_new_to_the_user_and_may_be_listed():
    events = [(user, m) for user in (0, 1) for m in range(3)] + [(1, m) for m in range(3, 7)]
    recommender = served(events)
    live = recommender.live
    live.take(batch([Event(id="no", type="dislike", user="u1", movie="m6", at=NOON)], 500))
    live.take(batch([Event(id="no2", type="dislike", user="u1", movie="m6", at=NOON)], 600))
    live.learn("m5", Facts(title="Withdrawn", hidden=True))
    live.take(batch([liked("u1", "nameless", 50)], 700))
    found = {each.user: each for each in similar_users(recommender, renewed(recommender), "u0", 9)}
    three, four = (score or 0.0 for score in recommender.scores("u0", ["m3", "m4"]))
    assert found["u1"].passes_on == (("m3", "m4") if three >= four else ("m4", "m3"))


def test_unknown_ones_and_the_untrained_have_no_neighbours():
    recommender = served([(0, 1), (1, 1)])
    live, tastes = recommender.live, renewed(recommender)
    assert similar_users(recommender, tastes, "nobody", 5) == []
    assert would_like(live, tastes, "nothing", 5) == []
    untrained = Recommender(live, Counts(live), (), version=UNTRAINED, keep=1).settled()
    tastes = Tastes(untrained)
    list(tastes.renew())
    assert similar_users(recommender, tastes, "u0", 5) == []
    assert would_like(live, tastes, "m1", 5) == []


def test_a_renewal_that_finds_nothing_new_still_lets_others_run(monkeypatch):
    tastes = renewed(served([(user, 1) for user in range(9)]))
    monkeypatch.setattr("matinee.serve.tastes._LOOKED_AT", 2)
    histories, rows = len(tastes.recommender.live.names), len(tastes)
    assert len(list(tastes.renew())) == -(-histories // 2) + rows // 2
