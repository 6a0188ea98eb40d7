"""What may come in: one structure per event type, whose declared limits are the rules."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from matinee.events.types import MOST_CHARACTERS, Facts, Short

LEAST_STARS, MOST_STARS = 0.5, 5.0
MOST_WATCHED = 604_800.0
"""Seconds: a week."""

Id = Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]
Moment = Annotated[datetime, Meta(tz=True)] | int | float
"""RFC 3339, or epoch seconds or milliseconds."""
Time = Moment | None
"""The same; absent means now."""
Stars = Annotated[float, Meta(ge=LEAST_STARS, le=MOST_STARS)]
Watched = Annotated[float, Meta(ge=0, le=MOST_WATCHED)]
"""A share from 0 to 1, or seconds up to a week."""


class Wire(Struct, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What every event may carry; an absent id is given, an absent time is the time of arrival."""

    id: Id | None = None
    at: Time = None
    source: Short | None = None


class View(Wire, tag="view"):
    """Someone watched: the share or the seconds, when known."""

    user: Id
    movie: Id
    value: Watched | None = None


class Like(Wire, tag="like"):
    """A thumb up."""

    user: Id
    movie: Id


class Dislike(Wire, tag="dislike"):
    """A thumb down."""

    user: Id
    movie: Id


class Rating(Wire, tag="rating"):
    """Stars."""

    user: Id
    movie: Id
    value: Stars


class Review(Wire, tag="review"):
    """Words, and stars when given."""

    user: Id
    movie: Id
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    value: Stars | None = None


class Retract(Wire, tag="retract"):
    """Whatever this user said of this movie at the moment `of` counts no more, whichever comes first."""

    user: Id
    movie: Id
    of: Moment


class MovieFacts(Wire, tag="movie"):
    """What is known of a movie, or more of it."""

    movie: Id
    facts: Facts


class Erase(Wire, tag="erase"):
    """Everything of this user is to be forgotten."""

    user: Id


AnyWire = View | Like | Dislike | Rating | Review | Retract | MovieFacts | Erase


class Common(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What the four types have in common that make up nearly all events, to be read in one look."""

    id: Id | None = None
    type: Literal["view", "like", "dislike", "rating"]
    user: Id
    movie: Id
    at: Time = None
    value: Watched | None = None
    source: Short | None = None


class Typed(Struct):
    """The type of whatever event."""

    type: str = ""


def wire_schema() -> dict[str, Any]:
    """The JSON schema of an event as it may come in, with everything it refers to inside."""
    return msgspec.json.schema(AnyWire)
