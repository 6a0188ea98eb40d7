"""The sentence says what the numbers say, for every type of event, and never more."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.events.types import USER_EVENT_TYPES, Facts
from matinee.serve.reasons import Reason
from matinee.serve.sentences import sentence

FACTS = {
    "heat": Facts(title="Heat", year=1995),
    "ronin": Facts(title="Ronin", year=1998),
    "untold": Facts(genres=("Crime",)),
}


def said(*reasons: Reason, known: bool = True, popular: bool = True) -> str:
    return sentence(reasons, FACTS.get, known=known, popular=popular)


def popularity(gave: float) -> Reason:
    return Reason(None, "popularity", gave)


def others(gave: float) -> Reason:
    return Reason(None, "other events", gave)


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        ("view", None, "watched Heat (1995)"),
        ("view", 0.9, "watched Heat (1995)"),
        ("view", 5400.0, "watched Heat (1995)"),
        ("like", None, "liked Heat (1995)"),
        ("rating", 4.5, "gave Heat (1995) 4.5 stars"),
        ("review", 4.0, "reviewed Heat (1995) with 4 stars"),
        ("review", None, "reviewed Heat (1995)"),
    ],
)
def test_every_type_of_event_has_its_words(type_, value, words):
    assert said(Reason("heat", type_, 1.0, value)) == f"Because you {words}."


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        ("view", 0.1, "stopped early"),
        ("view", 60.0, "stopped early"),
        ("dislike", None, "disliked"),
        ("rating", 1.0, "gave 1 star"),
        ("review", 2.0, "reviewed with 2 stars"),
    ],
)
def test_what_says_a_dislike_speaks_for_what_is_unlike_it(type_, value, words):
    against = Reason("heat", type_, 1.0, value)
    assert said(against) == f"Because it is unlike Heat (1995), which you {words}."
    ronin = Reason("ronin", "like", 0.9)
    assert said(against, ronin) == (
        f"Because you liked Ronin (1998) and it is unlike Heat (1995), which you {words}."
    )


def test_what_is_explored_is_not_said_to_be_popular():
    heat = Reason("heat", "like", 0.3)
    explored = "Listed because few have met it here yet"
    assert sentence([popularity(1.0)], FACTS.get, known=False, explored=True) == f"{explored}."
    assert sentence([heat, popularity(1.0)], FACTS.get, known=True, explored=True) == (
        f"{explored}, and because you liked Heat (1995)."
    )


def test_two_that_gave_alike_are_both_named_and_a_weaker_one_is_not():
    heat, ronin = Reason("heat", "like", 1.0), Reason("ronin", "view", 0.6)
    assert said(ronin, heat, popularity(0.1)) == "Because you liked Heat (1995) and watched Ronin (1998)."
    assert said(heat, ronin._replace(gave=0.4)) == "Because you liked Heat (1995)."
    assert said(heat, heat._replace(type="view", gave=0.9)) == "Because you liked Heat (1995)."


def test_a_verb_that_two_events_share_is_said_once():
    heat, ronin = Reason("heat", "rating", 1.0, 5.0), Reason("ronin", "rating", 0.6, 4.0)
    assert said(heat, ronin) == "Because you gave Heat (1995) 5 stars and Ronin (1998) 4 stars."
    liked = heat._replace(type="like"), ronin._replace(type="like")
    assert said(*liked) == "Because you liked Heat (1995) and Ronin (1998)."


def test_what_took_away_is_no_reason_for():
    against = Reason("ronin", "dislike", -3.0)
    assert said(against, Reason("heat", "like", 4.0)) == "Because you liked Heat (1995)."
    assert said(against, Reason("heat", "like", 2.0), popularity(0.5)) == "Popular now."
    assert said(against, popularity(0.5)) == "Popular now."
    assert said(against) == said(against, popularity(0.0)) == "Nothing that is known of you speaks for it."


def test_popularity_comes_first_where_it_gave_the_most():
    heat = Reason("heat", "like", 0.3)
    assert said(heat, popularity(0.7)) == (
        "Mostly because it is popular now, also because you liked Heat (1995)."
    )
    assert said(popularity(0.7), known=False) == "Popular now, and you are new here."
    assert said(popularity(0.7), known=False, popular=False) == (
        "Like what is popular now, and you are new here."
    )
    assert said(heat, popularity(0.7), popular=False).startswith("Mostly because it is like what is popular")
    assert said(popularity(0.0), known=False) == "Nothing is known that speaks for it."


def test_many_events_together_are_said_to_be_so():
    heat = Reason("heat", "like", 0.3)
    assert said(heat, others(0.7)) == (
        "Because of several of your events together, most of all because you liked Heat (1995)."
    )
    assert said(heat, others(1.3)) == (
        "Because of many of your events, a little each, most of all because you liked Heat (1995)."
    )
    assert said(Reason("heat", "like", -0.1), others(0.7)) == "Because of your events taken together."
    assert said(heat, others(-0.2)) == "Because you liked Heat (1995)."
    assert said(heat, others(-0.7)) == "Nothing that is known of you speaks for it."


def test_events_that_gave_next_to_nothing_beside_popularity_are_not_named():
    heat = Reason("heat", "like", 0.04)
    assert said(heat, popularity(1.0)) == "Popular now."
    assert said(heat._replace(gave=0.06), popularity(1.0)).endswith("also because you liked Heat (1995).")


def test_the_events_at_one_movie_are_one_told_by_the_last_that_speaks_for_it():
    liked = Reason("heat", "like", 12.9, place=0)
    taken_back = Reason("heat", "dislike", -12.92, place=1)
    assert said(taken_back, liked, popularity(12.6)) == "Popular now."
    rated = [Reason("heat", "rating", gave, gave, place) for place, gave in enumerate((5.0, 3.0, 4.0))]
    assert said(*rated) == "Because you gave Heat (1995) 4 stars."
    assert said(*rated, Reason("ronin", "like", 7.0)) == (
        "Because you gave Heat (1995) 4 stars and liked Ronin (1998)."
    )


def test_two_that_are_disliked_are_told_apart():
    against = [Reason(movie, "dislike", 1.0) for movie in ("heat", "ronin")]
    assert said(*against) == (
        "Because it is unlike Heat (1995), which you disliked, and unlike Ronin (1998), which you disliked."
    )


def test_a_movie_without_a_title_is_named_by_its_id():
    assert said(Reason("untold", "like", 1.0)) == "Because you liked movie untold."
    assert said(Reason("none", "like", 1.0)) == "Because you liked movie none."


GAVE = st.floats(-5, 5)
EVENTS = st.lists(
    st.builds(Reason, st.sampled_from([f"m{n}" for n in range(9)]), st.sampled_from(USER_EVENT_TYPES), GAVE),
    max_size=3,
)


@given(EVENTS, GAVE, GAVE, st.booleans(), st.booleans())
def test_it_names_only_what_gave_something_and_always_ends(events, other, base, known, popular):
    text = said(*events, others(other), popularity(base), known=known, popular=popular)
    assert text[0].isupper()
    assert text.endswith(".")
    named = set(re.findall(r"movie (m\d)", text))
    gave = {movie: sum(each.gave for each in events if each.movie == movie) for movie in named}
    assert all(worth > 0 for worth in gave.values())
    if named:
        assert sum(each.gave for each in events) + other > 0
        strongest = max(events, key=lambda each: sum(o.gave for o in events if o.movie == each.movie))
        assert strongest.movie in named
    if "opular" in text:
        assert base >= sum(each.gave for each in events) + other - 1e-3


def test_where_the_unnamed_gave_more_that_is_said_whether_they_are_told_one_by_one_or_together():
    gave = [1.0, 0.4, 0.4, 0.4, 0.4]
    each = [Reason(f"m{n}", "like", worth) for n, worth in enumerate(gave)]
    together = "Because of several of your events together, most of all because you liked movie m0."
    assert said(*each) == together
    assert said(*each[:2], others(1.2)) == together
    assert said(*each[:3], others(-1.0)) == "Because you liked movie m0."


def test_a_movie_is_no_reason_for_itself():
    own, ronin = Reason("heat", "like", 5.0), Reason("ronin", "like", 1.0)
    assert sentence([own, ronin], FACTS.get, known=True, movie="heat") == (
        "Because of what you did with it yourself."
    )
    little = [own._replace(gave=0.5), ronin]
    assert sentence(little, FACTS.get, known=True, movie="heat") == "Because you liked Ronin (1998)."
    disliked = [Reason("heat", "dislike", 1.0), popularity(1.5)]
    assert sentence(disliked, FACTS.get, known=True, movie="heat") == (
        "Mostly because it is popular now, also because of what you did with it yourself."
    )
