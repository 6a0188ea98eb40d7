"""The event as everything inside Matinee sees it: valid, complete and immutable."""

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

EventType = Literal["view", "like", "dislike", "rating", "review", "retract", "movie", "erase"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
USER_EVENT_TYPES: tuple[EventType, ...] = ("view", "like", "dislike", "rating", "review")
"""The types that say something of a user and a movie; the others take that back, or change what is known."""
KEPT_EVENT_TYPES: tuple[EventType, ...] = (*USER_EVENT_TYPES, "retract")
"""The types of which the lake's `events` has a row."""

EARLIEST_YEAR, LATEST_YEAR = 1870, 2200
MOST_GENRES = 50
MOST_PEOPLE = 30
MOST_CHARACTERS = 128
"""Of an id, a user, a movie or a source."""
Short = Annotated[str, Meta(max_length=MOST_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What is known of a movie. An absent fact leaves what an earlier event said as it was.

    The only list of facts: what may come in, the lake's columns and what the API answers follow from it.
    """

    title: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    year: Annotated[int, Meta(ge=EARLIEST_YEAR, le=LATEST_YEAR)] | None = None
    genres: Annotated[tuple[Name, ...], Meta(max_length=MOST_GENRES)] | None = None
    overview: Annotated[str, Meta(max_length=10_000)] | None = None
    tags: Annotated[tuple[Name, ...], Meta(max_length=100)] | None = None
    people: Annotated[tuple[Name, ...], Meta(max_length=MOST_PEOPLE)] | None = None
    """Who made it and who plays in it, the most important first: directors, then the cast as billed."""
    language: Annotated[str, Meta(min_length=2, max_length=20)] | None = None
    released: date | None = None
    runtime: Annotated[float, Meta(ge=0, le=100_000)] | None = None
    """Minutes."""
    votes: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    vote_average: Annotated[float, Meta(ge=0, le=10)] | None = None
    popularity: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    poster: Annotated[str, Meta(max_length=500)] | None = None
    """A TMDB poster path such as `/rhIRbceoE9lR4veEXuwCC2wARtG.jpg`, or a URL."""
    imdb: Annotated[str, Meta(max_length=20)] | None = None
    tmdb: Annotated[str, Meta(max_length=20)] | None = None
    hidden: bool | None = None
    """True withdraws the movie: it is never recommended nor found until an event says false."""


def updated(known: Facts | None, given: Facts) -> Facts:
    """What is known after `given` is told too: facts given replace, facts absent stay."""
    if known is None:
        return given
    return replace(known, **{name: value for name, value in asdict(given).items() if value is not None})


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One valid event. `movie` is empty for an erase, `user` for a movie; `at` is in UTC.

    `value` is a rating from 0.5 to 5 for ratings and reviews, and for views the watched share from 0
    to 1 or, above 1, the seconds watched. `of` is what a retract takes back: the `at` of this user's events
    at this movie, to the microsecond.
    """

    id: Annotated[Short, Meta(min_length=1)]
    type: EventType
    user: Short = ""
    movie: Short = ""
    at: datetime
    value: float | None = None
    of: datetime | None = None
    text: str | None = None
    source: Short | None = None
    facts: Facts | None = None
