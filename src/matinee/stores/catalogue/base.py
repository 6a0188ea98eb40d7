"""The port of the catalogue."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from matinee.events.types import Facts


class Movie(NamedTuple):
    """A movie: its id and what is known of it."""

    movie: str
    facts: Facts


class Catalogue(Protocol):
    """A catalogue. Safe to use from several threads and from several processes at once."""

    def put(self, movies: Iterable[Movie]) -> None:
        """Add movies; of known ones the facts given replace, the facts absent stay. Idempotent."""
        ...

    def get(self, movies: Sequence[str]) -> list[Movie]:
        """The movies known of those asked for, in that order."""
        ...

    def search(self, query: str, k: int) -> list[Movie]:
        """The best `k` matches of a query as a person types it, best first.

        Forgives accents, case, word order, unfinished words and a small typo; never raises for what a query
        says. One without letters and digits gives the movies with the most votes. Hidden ones are not found.
        """
        ...

    def count(self) -> int:
        """How many movies there are."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...
