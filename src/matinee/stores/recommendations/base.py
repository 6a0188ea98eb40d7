"""The port of the recommendations store."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol


class Recommended(NamedTuple):
    """One place of a Top-N list."""

    movie: str
    score: float
    title: str
    genres: tuple[str, ...]


class TopN(NamedTuple):
    """The list of one user, best first, by the model of this version."""

    user: str
    model: str
    movies: Sequence[Recommended]


class Recommendations(Protocol):
    """A store of Top-N lists. Safe to use from several threads and from several processes at once."""

    def put(self, lists: Iterable[TopN]) -> int:
        """Replace the lists of these users, each atomically; return how many. Idempotent."""
        ...

    def get(self, user: str) -> TopN | None:
        """The list of this user, or None."""
        ...

    def erase(self, user: str) -> int:
        """Remove this user's list beyond recovery; return how many rows went."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...
