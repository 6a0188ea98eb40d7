"""Lists are fresh, leave out what they must, and explain themselves exactly."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.events.types import Event, Facts
from matinee.serve.lists import ListQuery
from matinee.serve.live import LiveState
from matinee.serve.recommender import Recommender
from tests.models import worlds
from tests.models.contract import fitted
from tests.serve.world import NOON, PairModel, batch, liked, told, world

MOVIES = [f"m{n}" for n in range(12)]
HOUR = 3_600_000_000


@pytest.fixture
def recommender() -> Recommender:
    return Recommender(world(), PairModel(12), MOVIES, version="v1", keep=100)


def movies(recommender: Recommender, user: str, **query) -> list[str]:
    return [pick.movie for pick in recommender.recommend(user, ListQuery(**query)).picks]


def test_the_list_is_by_score_and_leaves_out_the_seen(recommender):
    recommender.live.take(batch([liked("ann", "m3"), liked("ann", "m5", 1)], 20))
    picks = recommender.recommend("ann", ListQuery(k=100)).picks
    model = PairModel(12)
    expected = model.prior + model.alike[3] + model.alike[5]
    order = [f"m{n}" for n in np.argsort(-expected) if n not in (3, 5)]
    assert [pick.movie for pick in picks] == order
    assert [pick.score for pick in picks] == pytest.approx([expected[int(m[1:])] for m in order], abs=1e-5)
    assert set(movies(recommender, "ann", k=100, include_seen=True)) == set(MOVIES)


def test_an_event_changes_the_next_list(recommender):
    before = movies(recommender, "ann")
    recommender.live.take(batch([liked("ann", before[0])], 20))
    after = movies(recommender, "ann")
    assert before[0] not in after
    assert after != before[1:]


@pytest.mark.parametrize("warm", [False, True])
def test_what_is_taken_back_is_out_of_the_next_list(recommender, warm: bool):
    never = Recommender(world(), PairModel(12), MOVIES, version="v1", keep=100)
    recommender.live.take(batch([liked("ann", "m3"), liked("ann", "m5", 1), liked("ann", "m3", 2)], 20))
    never.live.take(batch([liked("ann", "m3")], 20))
    if warm:
        recommender.recommend("ann", ListQuery(k=100))
    back = [
        Event(id=f"r{n}", type="retract", user="ann", movie=movie, at=NOON, of=NOON + timedelta(minutes=n))
        for n, movie in ((1, "m5"), (2, "m3"), (3, "m7"))
    ]
    recommender.live.take(batch(back, 23))
    assert recommender.recommend("ann", ListQuery(k=100)) == never.recommend("ann", ListQuery(k=100))
    recommender.live.take(
        batch([Event(id="r", type="retract", user="ann", movie="m3", at=NOON, of=NOON)], 26)
    )
    assert "ann" not in recommender.live.users
    assert set(movies(recommender, "ann", k=100)) == set(MOVIES)


class Turning(PairModel):
    """What is best in one hour is worst in the next."""

    def phase(self, state, at=None):
        return (at or 0) // HOUR

    def scores(self, state, at=None):
        return super().scores(state) * (-1.0) ** self.phase(state, at)


def test_a_kept_list_is_made_anew_when_time_has_changed_it():
    now = 0
    recommender = Recommender(world(), Turning(12), MOVIES, version="v1", keep=100, clock=lambda: now)
    first = movies(recommender, "first", k=12)
    now = HOUR - 1
    assert recommender.recommend("first", ListQuery(k=12)) is recommender.recommend("first", ListQuery(k=12))
    assert movies(recommender, "first", k=12) == first
    now = HOUR
    assert movies(recommender, "first", k=12) == first[::-1]


def test_who_asked_last_is_forgotten_last_also_when_the_state_was_made_anew():
    made: list[int] = []

    class Counting(PairModel):
        def state(self, history):
            made.append(len(history.columns))
            return super().state(history)

    live = world()
    live.take(batch([liked("ann", "m1", 5), liked("bob", "m2", 5)], 20))
    recommender = Recommender(live, Counting(12), MOVIES, version="v1", keep=2)
    for user in ("ann", "bob"):
        movies(recommender, user)
    live.take(batch([liked("ann", "m3", 1)], 40))  # before the one that is folded in: ann is made anew
    movies(recommender, "ann")
    movies(recommender, "first")  # bob, who asked before ann, makes room
    before = len(made)
    movies(recommender, "ann")
    assert len(made) == before


def test_a_model_before_any_event_lists_nothing_until_its_movies_are_known():
    live = LiveState()
    recommender = Recommender(live, PairModel(12), MOVIES, version="v1", keep=100)
    assert recommender.popular(ListQuery()) == []
    assert movies(recommender, "ann") == []
    live.take(batch([told("m3", year=1990)], 1))
    assert movies(recommender, "ann") == ["m3"]


@pytest.mark.parametrize(
    ("events", "kind"), [(0, "popular"), (1, "new-user"), (4, "new-user"), (5, "personal")]
)
def test_kinds(recommender, events, kind):
    recommender.live.take(batch([liked("ann", f"m{n}", n) for n in range(events)], 20))
    assert recommender.recommend("ann", ListQuery()).kind == kind


def test_filters_paging_and_exclusion(recommender):
    assert {int(m[1:]) % 2 for m in movies(recommender, "ann", genre="COMEDY", k=100)} == {0}
    assert movies(recommender, "ann", genre="none such") == []
    assert set(movies(recommender, "ann", years=(1993, 1995), k=100)) == {"m3", "m4", "m5"}
    everything = movies(recommender, "ann", k=12)
    assert movies(recommender, "ann", k=5, skip=4) == everything[4:9]
    assert movies(recommender, "ann", k=5, skip=100) == []
    assert everything[0] not in movies(recommender, "ann", k=12, exclude=(everything[0], "unknown"))


def test_hidden_and_unknown_movies_never_appear(recommender):
    hide = Event(id="hide", type="movie", movie="m1", at=NOON, facts=Facts(hidden=True))
    recommender.live.take(batch([hide, liked("ann", "never heard of")], 20))
    listed = movies(recommender, "ann", k=100, include_seen=True)
    assert set(listed) == set(MOVIES) - {"m1"}


def test_a_newcomer_joins_without_a_fit(recommender):
    recommender.live.take(batch([told("new", year=2026)], 20))
    assert "new" in movies(recommender, "ann", k=100)


def test_a_list_is_made_once_and_anew_after_anything_that_changes_it(recommender):
    live = recommender.live
    live.take(batch([liked("ann", "m3")], 20))
    first = recommender.recommend("ann", ListQuery(k=20))
    live.take(batch([liked("bob", "m4")], 30))
    assert recommender.recommend("ann", ListQuery(k=20)) is first
    assert recommender.recommend("ann", ListQuery(k=3)).picks == first.picks[:3]
    assert recommender.recommend("ann", ListQuery(k=20), reasons=1) != first
    assert {"m1", "m5"} < set(movies(recommender, "ann", k=20))
    live.take(batch([liked("ann", "m5")], 40))
    assert "m5" not in movies(recommender, "ann", k=20)
    hide = Event(id="hide", type="movie", movie="m1", at=NOON, facts=Facts(hidden=True))
    live.take(batch([hide], 50))
    assert "m1" not in movies(recommender, "ann", k=20)
    live.take(batch([told("new", year=2026)], 60))
    assert "new" in movies(recommender, "ann", k=20)


def test_only_few_and_short_lists_are_kept(recommender):
    recommender.live.take(batch([liked("ann", "m3")], 20))
    for query in (ListQuery(k=100), ListQuery(exclude=("m1",))):
        assert recommender.recommend("ann", query) is not recommender.recommend("ann", query)
    first = recommender.recommend("ann", ListQuery(k=1))
    for k in range(2, 9):
        recommender.recommend("ann", ListQuery(k=k))
    again = recommender.recommend("ann", ListQuery(k=1))
    assert again is not first
    assert again == first


def test_many_newcomers_join_in_steps_and_hold_up_nothing_else(recommender):
    hide = Event(id="hide", type="movie", movie="m1", at=NOON, facts=Facts(hidden=True))
    many = (told(f"n{n}", year=2026) for n in range(70))
    recommender.live.take(batch([*many, hide, liked("ann", "m3")], 20))
    assert recommender.refresh(at_once=20)
    listed = movies(recommender, "ann", k=1000)
    assert "m1" not in listed
    assert 20 <= len([movie for movie in listed if movie.startswith("n")]) < 70
    fewer = recommender.recommend("ann", ListQuery(k=20))
    steps = 1
    while recommender.refresh(at_once=20):
        steps += 1
    assert steps == 1
    assert {f"n{n}" for n in range(70)} < set(movies(recommender, "ann", k=1000))
    fresh = Recommender(recommender.live, PairModel(12), MOVIES, version="v1", keep=1).settled()
    assert recommender.recommend("ann", ListQuery(k=20)) == fresh.recommend("ann", ListQuery(k=20)) != fewer


def test_invented_genres_leave_nothing_behind(recommender):
    for n in range(5):
        recommender.live.take(batch([told("m1", genres=(f"g{n}",))], 20 + n))
        assert movies(recommender, "ann", genre=f"g{n}") == ["m1"]
        assert movies(recommender, "ann", genre=f"g{n - 1}") == []


def test_a_late_event_lands_in_its_place(recommender):
    live = recommender.live
    live.take(batch([liked("ann", "m3", 5)], 20))
    movies(recommender, "ann")
    live.take(batch([liked("ann", "m4", 1)], 30))
    fresh = Recommender(live, PairModel(12), MOVIES, version="v1", keep=100)
    assert movies(recommender, "ann", k=100) == movies(fresh, "ann", k=100)


def test_forgetting_leaves_nothing(recommender):
    live = recommender.live
    live.take(batch([liked("ann", "m3"), liked("bob", "m3", 1)], 20))
    movies(recommender, "ann")
    live.take(batch([Event(id="e", type="erase", user="ann", at=NOON)], 30))
    assert "ann" not in live.users
    assert "ann" not in live.names
    assert recommender.recommend("ann", ListQuery()).kind == "popular"
    assert live.tallies.of(live.columns["m3"])[1] == 1


def test_who_was_erased_and_comes_back_is_new(recommender):
    live = recommender.live
    live.take(batch([liked("ann", "m3")], 20))
    movies(recommender, "ann")
    live.take(batch([Event(id="e", type="erase", user="ann", at=NOON), liked("ann", "m7", 1)], 30))
    fresh = Recommender(live, PairModel(12), MOVIES, version="v1", keep=100)
    assert movies(recommender, "ann", k=100) == movies(fresh, "ann", k=100)


def test_an_event_at_a_movie_counts_once_its_facts_are_known(recommender):
    live = recommender.live
    live.take(batch([liked("ann", "new")], 20))
    movies(recommender, "ann")
    live.take(batch([told("new", year=2026)], 30))
    assert "new" not in movies(recommender, "ann", k=100)


@given(st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["like", "dislike", "view"])), max_size=20))
def test_reasons_sum_to_the_score(events):
    recommender = Recommender(world(), PairModel(12), MOVIES, version="v1", keep=100)
    happened = [
        Event(id=str(n), type=type_, user="ann", movie=f"m{movie}", at=NOON)
        for n, (movie, type_) in enumerate(events)
    ]
    recommender.live.take(batch(happened, 20))
    for pick in recommender.recommend("ann", ListQuery(k=12), reasons=3).picks:
        assert sum(reason.gave for reason in pick.reasons) == pytest.approx(pick.score, abs=1e-4)
        prior = PairModel(12).prior[int(pick.movie[1:])]
        assert pick.reasons[-1].type == "popularity"
        assert pick.reasons[-1].gave == pytest.approx(prior, abs=1e-4)
        assert len(pick.reasons) <= 5


def test_why_names_the_strongest_and_sums_the_others(recommender):
    recommender.live.take(batch([liked("ann", f"m{n}", n) for n in range(8)], 20))
    whole, part = recommender.why("ann", "m9"), recommender.why("ann", "m9", 3)
    gave = [abs(reason.gave) for reason in whole.reasons[:-1]]
    assert len(gave) == 8
    assert gave == sorted(gave, reverse=True)
    assert part.reasons[:3] == whole.reasons[:3]
    assert [reason.type for reason in part.reasons[3:]] == ["other events", "popularity"]
    for pick in (whole, part):
        assert sum(reason.gave for reason in pick.reasons) == pytest.approx(pick.score, abs=1e-4)


@given(st.lists(st.integers(0, 11), max_size=30), st.integers(1, 5))
def test_asking_between_events_or_only_at_the_end_gives_the_same(columns, keep):
    asked = Recommender(world(), PairModel(12), MOVIES, version="v1", keep=keep)
    silent = Recommender(world(), PairModel(12), MOVIES, version="v1", keep=keep)
    for place, column in enumerate(columns):
        event = batch([liked(f"u{place % 3}", f"m{column}", place)], 20 + place)
        asked.live.take(event)
        silent.live.take(event)
        movies(asked, f"u{place % 3}")
    for user in ("u0", "u1", "u2"):
        one = {pick.movie: pick.score for pick in asked.recommend(user, ListQuery(k=12)).picks}
        other = {pick.movie: pick.score for pick in silent.recommend(user, ListQuery(k=12)).picks}
        assert one == pytest.approx(other, abs=1e-4)


def test_a_newcomer_that_is_told_more_of_is_ranked_as_if_all_had_been_told_at_once():
    model, late = fitted(worlds.blend), Facts(title="Zq", genres=worlds.facts(0).genres)
    lists = []
    for facts in ([Facts(title="Zq"), late], [late]):
        made = Recommender(world(0), model, model.movies, version="v1", keep=9, clock=lambda: 0)
        made.live.take(batch([liked("ann", movie, n) for n, movie in enumerate(model.movies[:2])], 20))
        for n, each in enumerate(facts):
            event = Event(id=f"late{n}", type="movie", movie="late", at=NOON, facts=each)
            made.live.take(batch([event, liked("ann", "late", 9)][: 2 - n], 40 + 10 * n))
            made.recommend("ann", ListQuery(k=99, include_seen=True))
        lists.append(made.recommend("ann", ListQuery(k=99, include_seen=True)).picks)
    assert lists[0] == lists[1]


def test_what_a_newcomer_was_told_since_the_training_counts_in_a_process_that_starts_later():
    model, late = fitted(worlds.blend), Facts(title="Zq", genres=worlds.facts(0).genres)
    known = model.with_movies([("late", Facts(title="Zq"))])
    lists = []
    for trained_with in (known, model):
        live = world(0)
        live.take(batch([liked("ann", movie, n) for n, movie in enumerate(model.movies[:2])], 20))
        live.take(batch([Event(id="late", type="movie", movie="late", at=NOON, facts=late)], 40))
        made = Recommender(live, trained_with, trained_with.movies, version="v1", keep=9, clock=lambda: 0)
        lists.append(made.settled().recommend("ann", ListQuery(k=99)).picks)
    assert lists[0] == lists[1]


def test_a_fact_that_says_nothing_of_taste_rebuilds_no_state(monkeypatch):
    model, told = fitted(worlds.blend), Facts(title="Zq", genres=worlds.facts(0).genres)
    live = world(0)
    live.take(batch([Event(id="late", type="movie", movie="late", at=NOON, facts=told)], 40))
    live.take(batch([liked("ann", "late", 1), liked("ann", model.movies[0], 2)], 50))
    made = Recommender(live, model, model.movies, version="v1", keep=9, clock=lambda: 0).settled()
    before = made.recommend("ann", ListQuery(k=5))
    voted = Event(id="votes", type="movie", movie="late", at=NOON, facts=Facts(votes=12))
    live.take(batch([voted], 60))
    monkeypatch.setattr(type(made.model), "state", None)  # whoever builds a state fails
    assert made.recommend("ann", ListQuery(k=5)) == before


def grown(*joining: str) -> Recommender:
    """With newcomers that all have the same facts, joined in this order."""
    model, facts = fitted(worlds.blend), Facts(title="Zq", genres=worlds.facts(0).genres)
    live = world(0)
    live.take(batch([liked("ann", movie, n) for n, movie in enumerate(model.movies[:2])], 20))
    made = Recommender(live, model, model.movies, version="v1", keep=9, clock=lambda: 0).settled()
    for n, movie in enumerate(joining):
        live.take(batch([Event(id=movie, type="movie", movie=movie, at=NOON, facts=facts)], 40 + n))
        made.settled()
    return made


def test_equal_newcomers_are_listed_in_the_same_order_whichever_came_first():
    names = [f"late{n}" for n in range(8)]
    one, other = (grown(*order).recommend("ann", ListQuery(k=99)).picks for order in (names, names[::-1]))
    assert one == other


def test_a_kept_list_is_made_anew_when_more_newcomers_take_what_they_were_told():
    names = [f"late{n:02}" for n in range(50)]
    made = grown(*names)
    told = Facts(title="Zq", genres=worlds.facts(1).genres)
    news = [Event(id=f"{name}-2", type="movie", movie=name, at=NOON, facts=told) for name in names]
    made.live.take(batch(news, 200))
    query = ListQuery(k=9, variety=0.0)
    made.recommend("ann", query)
    while made.refresh():
        pass
    kept = made.recommend("ann", query).picks
    anew = made.recommend("ann", ListQuery(k=10, variety=0.0)).picks[:9]
    assert kept == anew


def test_who_asks_about_a_newcomer_need_not_wait_for_others():
    made = grown()
    facts = Facts(title="Zq", genres=worlds.facts(0).genres)
    names = [f"late{n}" for n in range(300)]
    made.live.take(batch([Event(id=n, type="movie", movie=n, at=NOON, facts=facts) for n in names], 200))
    assert made.why("ann", names[-1]) is not None
    assert None not in made.scores("ann", names[-3:-1])
    assert made.similar(names[-4], ListQuery()) is not None
    assert made.refresh()  # others are still waiting
