"""A fair, bounded chance for movies that few have met: a place in some lists, and never more.

What nobody has met is scored low for want of events, so it is never listed, so it gets none. With an
exploration of `share`, of every ten places of a list, up to the hundredth, one is given to a little known
movie with probability `10 share`: drawn, as is the movie, by user, day and ten alone, so that a list stays
as it is between two requests. The bounds, whatever the scores:

- at most one place of every ten, and never one of the first three of them;
- on average over users and days at most the `share` of all places;
- only movies with fewer than `FEW_EVENTS` events; those that the ten have by their own scores are not
  among them, and all others keep their order.

Who gets the place is one of the user's `_SPARE` best little known movies: of the `CHOICE` best of these that
are not listed before the end of the ten, each has the same chance.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from zlib import crc32

import numpy as np

from matinee.models.base import Floats, Ints
from matinee.serve.variety import top

FEW_EVENTS = 20
"""Below this many events a movie is little known: the sequential model does not have it either."""
TEN = 10
FIRST = 3
"""The first places of every ten that are never explored."""
CHOICE = 10
PLACES = 100
"""Behind so many places nothing is explored."""
_SPARE = 20


class LittleKnown:
    """The movies of a model that have few events, as columns.

    Columns of newcomers are not the same in every process, so nothing here depends on their order.
    """

    def __init__(self, ids: Sequence[str], events_at: Callable[[int], int], columns: Iterable[int]) -> None:
        """`ids` are those of all columns, `events_at` counts those at one now, `columns` have few."""
        self._ids = ids
        self._events_at = events_at
        self._columns: Ints = np.empty(0, np.int32)
        self._ties = np.empty(0, np.uint32)
        self._add([*columns])

    def admit(self, columns: Iterable[int]) -> None:
        """Take in those of `columns`, which are new, that have few events."""
        self._add([column for column in columns if self._events_at(column) < FEW_EVENTS])

    def _add(self, columns: list[int]) -> None:
        ties = [tie(self._ids[column]) for column in columns]
        self._columns = np.concatenate([self._columns, np.array(columns, np.int32)])
        self._ties = np.concatenate([self._ties, np.array(ties, np.uint32)])

    def best(self, scores: Floats) -> list[int]:
        """The `_SPARE` best of them by finite score; what has become known meanwhile is left out."""
        while True:
            places = top(scores[self._columns], _SPARE, self._ties)
            best: list[int] = self._columns[places].tolist()
            known = [column for column in best if self._events_at(column) >= FEW_EVENTS]
            if not known:
                return best
            unknown = ~np.isin(self._columns, known)
            self._columns, self._ties = self._columns[unknown], self._ties[unknown]


def tie(movie: str) -> int:
    """A number that the movie's id decides, in every process."""
    return crc32(movie.encode("utf-8", "surrogatepass"))


def explored_tens(user: str, day: int, share: float, places: int) -> Iterator[tuple[int, int]]:
    """The tens of a list of so many places in which one is explored, each with that place."""
    for ten in range(min(places, PLACES) // TEN):
        drawn = _drawn(user, day, ten)
        if drawn / 2**64 < TEN * share:
            yield ten, ten * TEN + FIRST + _drawn(user, day, ten, "place") % (TEN - FIRST)


def explored(
    columns: list[int], little_known: list[int], ids: Sequence[str], user: str, day: int, share: float
) -> tuple[list[int], frozenset[int]]:
    """`columns`, a list by score of whole tens of places, with the explored ones; and which these are.

    `ids` are those of all columns: who is drawn follows from the movie's, in every process.

    A list that ends before its last ten is full has no place for more there. It may get longer.
    """
    listed, chosen = list(columns), set[int]()
    for ten, place in explored_tens(user, day, share, len(columns)):
        ahead = set(listed[: (ten + 1) * TEN])
        choice = [column for column in little_known if column not in ahead][:CHOICE]
        if not choice:
            continue
        column = max(choice, key=lambda each: _drawn(user, day, ten, ids[each]))
        if column in listed:
            listed.remove(column)
        listed.insert(place, column)
        chosen.add(column)
    return listed, frozenset(chosen)


def _drawn(*what: object) -> int:
    """A number from 0 to 2^64 that `what` alone decides."""
    text = "\0".join(map(str, what)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest())
