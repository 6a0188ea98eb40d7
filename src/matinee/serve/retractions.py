"""What users took back, and what these events were: an erasure may yet take a retraction away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from matinee.events.meaning import of_column
from matinee.events.types import EventType
from matinee.log.base import ORDINALS


class Said(NamedTuple):
    """What a user said of a movie: its fields as an event has them, `at` in UTC microseconds."""

    movie: str
    type: EventType
    value: float | None
    at: int
    ordinal: int


class Retraction(NamedTuple):
    """That a user takes back what they said of a movie `at` a moment, in UTC microseconds."""

    movie: str
    at: int
    ordinal: int


@dataclass
class Retractions:
    """By user, and by movie and moment: the ordinals of the retractions, and the events, which do not count.

    Empty it is false, so that nothing need be looked up where nobody took anything back.
    """

    _of: dict[str, dict[tuple[str, int], tuple[list[int], list[Said]]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._of)

    def __contains__(self, user: str) -> bool:
        return user in self._of

    def add(self, user: str, retraction: Retraction) -> None:
        """Take in one more retraction."""
        movie, at, ordinal = retraction
        self._of.setdefault(user, {}).setdefault((movie, at), ([], []))[0].append(ordinal)

    def reach(self, user: str, movie: str, at: int) -> bool:
        """Whether an event of this moment is taken back."""
        return user in self._of and (movie, at) in self._of[user]

    def keep(self, user: str, said: Said) -> None:
        """Keep an event that is taken back."""
        self._of[user][said.movie, said.at][1].append(said)

    def pop(self, user: str) -> tuple[list[Retraction], list[Said]]:
        """Forget those of `user`, and return them with what they took back."""
        own = self._of.pop(user, {})
        told = [Retraction(*what, ordinal) for what, (ordinals, _) in own.items() for ordinal in ordinals]
        return told, [each for _, kept in own.values() for each in kept]

    def restore(self, events: pl.DataFrame) -> pl.DataFrame:
        """Take in the retractions among all rows of some users in `events`; return what counts."""
        told = events.filter(pl.col("type") == "retract")
        if told.is_empty():
            return events
        told = told.with_columns(at=of_column())
        for user, movie, _, _, at, ordinal in _fields(told):
            self.add(user, Retraction(movie, at, ordinal))
        said = events.filter(pl.col("type") != "retract")
        what = ("user", "movie", "at")
        for user, *each in _fields(said.join(told, on=what, how="semi")):
            self.keep(user, Said(*each))
        return said.join(told, on=what, how="anti", maintain_order="left")


def _fields(events: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    at = pl.col("at").dt.timestamp("us")
    ordered = events.select("user", "movie", "type", "value", at, ordinal=ORDINALS).sort("ordinal")
    return ordered.iter_rows()
