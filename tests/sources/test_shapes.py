"""Plain messages of producers that know nothing of Matinee."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matinee.errors import EventError, shown
from matinee.events.codec import decode
from matinee.events.topics import TOPICS
from matinee.events.types import Event
from matinee.log.plain_messages import decode_message, read_message
from matinee.sources.shapes import as_event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2025, 12, 1, 10, tzinfo=UTC)


def meant(topic: str, value: Any) -> Event:
    message = value if isinstance(value, bytes) else json.dumps(value).encode()
    return decode(as_event(topic, message), NOW, lambda: "id")


@pytest.mark.parametrize(
    ("topic", "message", "said"),
    [
        ("movie-stream", {"user_id": 7, "movie_id": 1, "timestamp": AT.timestamp()}, ("view", None)),
        (
            "movie-stream",
            {"userId": "7", "movieId": 1, "duration": 5400, "at": "2025-12-01T10:00:00Z"},
            ("view", 5400),
        ),
        ("movie-stream", {"user": "7", "item_id": "1", "event_time": "2025-12-01 10:00:00"}, ("view", None)),
        (
            "movie-likes",
            {"user_id": 7, "movie_id": 1, "created_at": "2025-12-01T11:00:00+01:00"},
            ("like", None),
        ),
        (
            "movie-likes",
            {"user_id": 7, "movie_id": 1, "liked": True, "timestamp": "1764583200"},
            ("like", None),
        ),
        (
            "movie-likes",
            {"user_id": 7, "movie_id": 1, "liked": False, "timestamp": "1764583200000"},
            ("dislike", None),
        ),
        (
            "movie-likes",
            {"user_id": 7, "movie_id": 1, "like": "false", "timestamp": "1764583200000"},
            ("dislike", None),
        ),
        (
            "movie-reviews",
            {"user_id": 7, "movie_id": 1, "review": "Fine", "rating": 4, "at": 1764583200},
            ("review", 4),
        ),
        (
            "movielens_ratings",
            {"userId": 7, "movieId": 1, "rating": 4.5, "timestamp": 1764583200},
            ("rating", 4.5),
        ),
        ("movielens_ratings", b"7,1,4.5,1764583200", ("rating", 4.5)),
        ("movielens_ratings", b"7::1::4::1764583200\n", ("rating", 4)),
    ],
)
def test_a_plain_message_is_the_event_that_it_means(topic, message, said):
    event = meant(topic, message)
    assert (event.type, event.value) == said
    assert (event.user, event.movie, event.at, event.source) == ("7", "1", AT, "plain")


def test_a_movie_of_tmdb_has_its_facts():
    movie = {
        "id": 862, "title": "Toy Story", "overview": "Toys live.", "release_date": "1995-10-30",
        "genre_ids": [16, 35], "vote_count": 5415, "vote_average": 7.7, "popularity": 21.9,
        "original_language": "en", "poster_path": "/x.jpg", "adult": False, "video": False,
    }  # fmt: skip
    event = meant("movies", movie)
    assert event.facts
    assert (event.movie, event.facts.tmdb, event.facts.genres) == ("tmdb:862", "862", ("Animation", "Comedy"))
    assert (event.facts.title, str(event.facts.released), event.facts.votes) == (
        "Toy Story",
        "1995-10-30",
        5415,
    )
    named = meant("movies", {**movie, "movie_id": 1, "genres": [{"id": 16, "name": "Animation"}]})
    assert (named.movie, named.facts and named.facts.genres) == ("1", ("Animation",))
    appended = {"cast": [{"name": "Tim Allen", "order": 1}, {"name": "Tom Hanks", "order": 0}, {"id": 7}, 5]}
    appended["crew"] = [
        {"name": "Randy Newman", "job": "Composer"},
        {"name": "John Lasseter", "job": "Director"},
    ]
    billed = meant("movies", {**movie, "credits": appended})
    assert billed.facts
    assert billed.facts.people == ("John Lasseter", "Tom Hanks", "Tim Allen")
    nothing: list[object] = [None, [], {"cast": 5, "crew": None}, "everybody"]
    for credits_ in nothing:
        told = meant("movies", {**movie, "credits": credits_})
        assert told.facts
        assert told.facts.people is None
    piped = meant("movies", {"movieId": 1, "title": "Heat", "genres": "Action|Crime"})
    assert piped.facts
    assert piped.facts.genres == ("Action", "Crime")


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"1", b"[" * 5000, b"1,2"])
@pytest.mark.parametrize("topic", sorted(set(TOPICS.values())))
def test_what_is_none_of_them_stays_as_it_is(topic, value):
    assert as_event(topic, value) == value


@pytest.mark.parametrize(
    ("topic", "value", "field"),
    [
        ("movie-likes", b'{"a": 1}', "user_id"),
        ("movie-likes", b'{"user_id": 1}', "movie_id"),
        ("movie-likes", b'{"user_id": 1, "item_id": [2]}', "item_id"),
        ("movielens_ratings", b'{"userId": "", "movieId": 1}', "userId"),
        ("movies", b'{"title": "Heat"}', "id"),
    ],
)
def test_whoever_does_not_say_who_or_what_is_told_how_it_is_called(topic, value, field):
    with pytest.raises(EventError, match=f"^{field}: is required in a message without a type: "):
        as_event(topic, value)


@pytest.mark.parametrize(
    ("topic", "message", "field"),
    [
        ("movielens_ratings", {"user_id": 7, "movie_id": 1, "rating": 9}, "rating"),
        ("movielens_ratings", {"user_id": 7, "movie_id": 1}, "rating"),
        ("movielens_ratings", b"7,1,9,1764583200", "rating"),
        ("movie-stream", {"user_id": 7, "movie_id": 1, "duration": -1}, "duration"),
        ("movie-stream", {"user_id": 7, "movie_id": 1, "rating": 4, "duration": -1}, "duration"),
        ("movie-likes", {"user_id": None, "userId": "a/b", "movie_id": 1}, "userId"),
        ("movie-likes", {"userId": "a", "movie_id": 1, "created_at": "tomorrow"}, "created_at"),
        ("movies", {"id": 862, "release_date": "1995"}, "release_date"),
        ("movies", {"id": 862, "genre_ids": [16], "title": 5}, "title"),
        ("movies", {"id": "8/62"}, "id"),
        ("movie-likes", {"user_id": 7, "movie_id": 1, "liked": "no"}, "liked"),
        ("movie-likes", {"user_id": 7, "movie_id": 1, "liked": []}, "liked"),
        ("movielens_ratings", b"\xff,2,3", "event"),
        ("movies", {"id": 862, "genres": ["x" * 999]}, "genres"),
    ],
)
def test_a_rejected_message_is_kept_as_it_came_and_the_reason_names_its_own_field(topic, message, field):
    value = message if isinstance(message, bytes) else json.dumps(message).encode()
    assert read_message(topic, value, 0) == ("", value)
    with pytest.raises(EventError) as found:
        decode_message(topic, value, NOW, str)
    assert found.value.field == field
    if isinstance(message, dict):
        assert found.value.value == shown(message.get(field))


def test_an_event_stays_as_it_is():
    value = b'{"type": "like", "user": "7", "movie": "1", "user_id": 8}'
    assert as_event("movie-likes", value) == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    ["user_id", "movie_id", "id", "rating", "timestamp", "liked", "genres", "genre_ids", "title", "review"]
)


@example("movies", {"id": 1, "genre_ids": 5, "genres": 5})
@example("movies", {"id": 1, "genre_ids": [[]]})
@given(st.sampled_from(sorted(set(TOPICS.values()))), st.dictionaries(names, json_values))
def test_whatever_the_fields_hold_it_is_an_event_or_a_reject(topic, fields):
    with suppress(EventError):
        meant(topic, fields)
