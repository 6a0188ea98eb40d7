"""The plain messages of producers that know nothing of Matinee, as the events that they mean.

What a topic takes besides events, by its own name: fields may be called as in the first column or any other
of a line, and fields that are not named here are passed over.

| topic | fields |
|---|---|
| all | user_id, userId, user; movie_id, movieId, movie, item_id; timestamp, event_time, created_at, at |
| movie-stream | watch_seconds, watch_time, duration (seconds, all may be absent) |
| movie-likes | liked, like: false is a dislike |
| movie-reviews | review, review_text, text, comment; rating |
| movielens_ratings | rating; also the line `user,movie,rating,timestamp`, split by commas or `::` |
| movies | TMDB's: id, title, overview, release_date, genre_ids or genres, credits, vote_count, … |
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from matinee.errors import EventError
from matinee.events.rules import UNREADABLE
from matinee.events.topics import TOPICS
from matinee.sources.people import people

SOURCE = "plain"
GENRES = {
    28: "Action",
    12: "Adventure",
    16: "Animation",
    35: "Comedy",
    80: "Crime",
    99: "Documentary",
    18: "Drama",
    10751: "Family",
    14: "Fantasy",
    36: "History",
    27: "Horror",
    10402: "Music",
    9648: "Mystery",
    10749: "Romance",
    878: "Science Fiction",
    10770: "TV Movie",
    53: "Thriller",
    10752: "War",
    37: "Western",
}
"""TMDB's genres by their numbers."""
_USER = ("user_id", "userId", "user")
_MOVIE = ("movie_id", "movieId", "movie", "item_id")
_AT = ("timestamp", "event_time", "created_at", "at")
_WATCHED = ("watch_seconds", "watch_time", "duration")
_LIKED = ("liked", "like")
_THUMBS = {"true": "like", "1": "like", "false": "dislike", "0": "dislike"}
_WORDS = ("review", "review_text", "text", "comment")
_FACTS = {
    "title": "title",
    "overview": "overview",
    "original_language": "language",
    "release_date": "released",
    "runtime": "runtime",
    "vote_count": "votes",
    "vote_average": "vote_average",
    "popularity": "popularity",
    "poster_path": "poster",
    "imdb_id": "imdb",
}
_CALLED = {
    "user": _USER,
    "movie": (*_MOVIE, "id"),
    "at": _AT,
    "value": ("rating",),
    "text": _WORDS,
    "facts.genres": ("genres", "genre_ids"),
    "facts.people": ("credits",),
    "facts.tmdb": ("id",),
    **{f"facts.{fact}": (name,) for name, fact in _FACTS.items()},
}
"""What each field of an event may be called in a plain message."""
_LINE = re.compile(rb"\s*([^,:\s]+)(?:,|::)([^,:\s]+)(?:,|::)([0-9.]+)(?:(?:,|::)([0-9.]+))?\s*")
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")

Fields = Mapping[str, Any]


def as_event(topic: str, value: bytes) -> bytes:
    """The event that a plain message of this topic means; `value` itself when it is an event, or no object.

    What comes out is not checked: it is decoded as every event is. Raises EventError for an object that
    does not say who or what it is about.
    """
    fields = _fields(topic, value)
    if fields is None or "type" in fields:
        return value
    return msgspec.json.encode({**_SHAPES[topic](fields), "source": SOURCE})


def as_sent(topic: str, value: bytes, error: EventError) -> EventError:
    """The error of the event that `as_event` made, with the field and the value of the message."""
    fields, field = _fields(topic, value) or {}, error.field.partition("[")[0]
    names = _WATCHED if (topic, field) == (TOPICS["view"], "value") else _CALLED.get(field, (field,))
    return _error(fields, names, error.rule)


def _fields(topic: str, value: bytes) -> Fields | None:
    if topic == TOPICS["rating"] and (line := _LINE.fullmatch(value)):
        names = ("user_id", "movie_id", "rating", "timestamp")
        try:
            return {name: text.decode() for name, text in zip(names, line.groups(), strict=True) if text}
        except UnicodeDecodeError:
            return None
    try:
        found = msgspec.json.decode(value)
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None


def _view(fields: Fields) -> dict[str, Any]:
    seconds = _number(_first(fields, _WATCHED))
    return _deed(fields, "view", {} if seconds is None else {"value": seconds})


def _like(fields: Fields) -> dict[str, Any]:
    liked = _first(fields, _LIKED)
    thumb = "like" if liked is None else _THUMBS.get(str(liked).lower())
    if thumb is None:
        raise _error(fields, _LIKED, "must be true or false")
    return _deed(fields, thumb, {})


def _review(fields: Fields) -> dict[str, Any]:
    stars = _number(_first(fields, ("rating",)))
    said = {"text": _first(fields, _WORDS)}
    return _deed(fields, "review", said if stars is None else {**said, "value": stars})


def _rating(fields: Fields) -> dict[str, Any]:
    return _deed(fields, "rating", {"value": _number(_first(fields, ("rating",)))})


def _movie(fields: Fields) -> dict[str, Any]:
    """TMDB's numbers are not MovieLens's: such a movie is `tmdb:ID`, unless it says its `movie_id`."""
    tmdb, movie = _text(fields.get("id")), _text(_first(fields, _MOVIE))
    if tmdb is None and movie is None:
        raise _missing(fields, ("id", *_MOVIE))
    facts = {fact: fields[name] for name, fact in _FACTS.items() if fields.get(name) not in (None, "")}
    if genres := _genres(fields):
        facts["genres"] = genres
    if named := _people(fields):
        facts["people"] = named
    if tmdb is not None:
        facts["tmdb"] = tmdb
    return {"type": "movie", "movie": movie or f"tmdb:{tmdb}", "facts": facts}


def _genres(fields: Fields) -> list[str]:
    listed, numbers = fields.get("genres"), fields.get("genre_ids")
    if isinstance(listed, str):
        return listed.split("|")
    if not isinstance(listed, list) or not listed:
        listed = [GENRES.get(each) for each in _list(numbers) if isinstance(each, int)]
    names = [each.get("name") if isinstance(each, dict) else each for each in listed]
    return [str(name) for name in names if name]


def _people(fields: Fields) -> tuple[str, ...]:
    told = fields.get("credits")
    return people(_list(told.get("cast")), _list(told.get("crew"))) if isinstance(told, dict) else ()


def _deed(fields: Fields, type_: str, more: dict[str, Any]) -> dict[str, Any]:
    user, movie = _text(_first(fields, _USER)), _text(_first(fields, _MOVIE))
    if user is None or movie is None:
        raise _missing(fields, _USER if user is None else _MOVIE)
    at = _first(fields, _AT)
    told = {"type": type_, "user": user, "movie": movie, **more}
    return told if at is None else {**told, "at": _moment(at)}


def _moment(at: Any) -> Any:
    """Seconds or milliseconds also where they are text; RFC 3339, in UTC where it does not say."""
    if not isinstance(at, str):
        return at
    if _NUMBER.fullmatch(at):
        return _number(at)
    said = at.replace(" ", "T", 1)
    return said if re.search(r"(Z|[+-][0-9]{2}:?[0-9]{2})$", said) else f"{said}Z"


def _first(fields: Fields, names: tuple[str, ...]) -> Any:
    name = _given(fields, names)
    return None if name is None else fields[name]


def _given(fields: Fields, names: tuple[str, ...]) -> str | None:
    """The first of these names under which there is something."""
    return next((name for name in names if fields.get(name) is not None), None)


def _text(value: Any) -> str | None:
    """An id as a string: those of most producers are numbers."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        return None
    return str(value)


def _missing(fields: Fields, names: tuple[str, ...]) -> EventError:
    rule = (
        f"is required in a message without a type: {', '.join(names[:-1])} or {names[-1]}, text or a number"
    )
    return _error(fields, names, rule)


def _error(fields: Fields, names: tuple[str, ...], rule: str) -> EventError:
    """The error of what stands under the first of these names that is given."""
    name = _given(fields, names) or names[0]
    return EventError(name, fields.get(name), rule)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> Any:
    """The number that a text is; of anything else the event's own rules judge."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


_SHAPES: dict[str, Callable[[Fields], dict[str, Any]]] = {
    TOPICS["view"]: _view,
    TOPICS["like"]: _like,
    TOPICS["review"]: _review,
    TOPICS["rating"]: _rating,
    TOPICS["movie"]: _movie,
}
