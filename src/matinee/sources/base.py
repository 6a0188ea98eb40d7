"""What every source shares: where events go, what is set aside, and the event of a movie's facts."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from matinee.events.codec import EARLIEST, encode
from matinee.events.types import Event, Facts

BATCH = 10_000
"""How many events a source hands on at once, unless told otherwise."""

Emit = Callable[[list[Event]], object]
"""Where events go, a batch at a time and in order; what it raises ends the source."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


class Unreadable(NamedTuple):
    """A row that cannot be read: where it is, why not, and how it begins. The first line is 1."""

    file: str
    line: int
    reason: str
    text: str


SetAside = Callable[[Unreadable], None]
"""Where rows go that cannot be read."""


def batched(items: Iterable[_T], size: int = BATCH) -> Iterator[list[_T]]:
    """`items` in lists of `size`, the last one shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def short(text: str, limit: int = 200) -> str:
    """At most `limit` characters of `text`, for messages."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean(text: str) -> str:
    """`text` with every run of spaces and unprintable characters turned into one space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def movie_event(movie: str, facts: Facts, source: str) -> Event:
    """The event that tells `facts` of `movie`.

    Its id is a digest of the facts: told twice they are one event, told differently another. Its time
    is the release, or the start of the release year, within what an event's time may be; of a movie
    without a year, and of one still to come, it is the start of 1970.
    """
    digest = blake2b(encode([movie, facts]), digest_size=12).hexdigest()
    return Event(
        id=f"{source}/movie/{movie}/{digest}",
        type="movie",
        movie=movie,
        at=_release(facts),
        source=source,
        facts=facts,
    )


def _release(facts: Facts) -> datetime:
    day = facts.released or (date(facts.year, 1, 1) if facts.year else None)
    if day is None:
        return _EPOCH
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return _EPOCH if moment > datetime.now(UTC) else max(moment, EARLIEST)


def checked(facts: Facts) -> Facts:
    """`facts`, when they keep the declared limits; else raises ValueError naming the one that is broken."""
    try:
        return msgspec.convert(msgspec.to_builtins(facts), Facts)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`", "")) from error
