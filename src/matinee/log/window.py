"""Which ids each partition had lately: what makes a log that takes ids twice give each once."""

from collections.abc import Iterable
from typing import NamedTuple


class _Place(NamedTuple):
    """A span of a partition."""

    partition: int
    span: int


class _Lately(NamedTuple):
    """The span that a partition is in, the ids in it, and those in the span before."""

    place: _Place
    ids: list[bytes]
    before: list[bytes]


class Window:
    """Tells the first entry of an id from its repeats, for entries that each partition gives in order.

    Offsets are divided into spans of `size`. An entry is a repeat when its id stands before it in its own
    span or the one before: a repeat within `size` offsets is always found, one further than two spans
    never. So the answer follows from the log alone, wherever in it reading began, if from `start` on.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lately: dict[int, _Lately] = {}
        self._where: dict[bytes, _Place | dict[int, int]] = {}
        """Of each id the last span that it stands in; of the rare one in several partitions, that of each.

        In the lists of `_lately` an id is once for each span that it stands in.
        """

    def start(self, offset: int) -> int:
        """From behind which offset on entries must be told of, to judge those behind `offset`."""
        return max((offset // self._size - 1) * self._size - 1, 0)

    def is_first(self, partition: int, offset: int, id_: bytes) -> bool:
        """Take in the next entry of its partition; whether its id is new there."""
        span = offset // self._size
        lately = self._lately.get(partition)
        if lately is None or lately.place.span != span:
            lately = self._turn(_Place(partition, span))
        if id_ in self._where:
            return self._is_first_there(lately, id_)
        self._where[id_] = lately.place
        lately.ids.append(id_)
        return True

    def known(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of `ids` that some partition had in its last spans."""
        return self._where.keys() & ids

    def _is_first_there(self, lately: _Lately, id_: bytes) -> bool:
        """Whether an id that stands somewhere is new in this partition."""
        place, where = lately.place, self._where[id_]
        spans = where if isinstance(where, dict) else {where.partition: where.span}
        last = spans.get(place.partition)
        if last != place.span:
            spans[place.partition] = place.span
            self._where[id_] = spans if len(spans) > 1 else place
            lately.ids.append(id_)
        return last is None

    def _turn(self, place: _Place) -> _Lately:
        """Begin a span of a partition, and forget what is before the one before it."""
        last, before = self._lately.get(place.partition), list[bytes]()
        if last is not None:
            self._forget(_Place(place.partition, last.place.span - 1), last.before)
            if last.place.span == place.span - 1:
                before = last.ids
            else:
                self._forget(last.place, last.ids)
        turned = self._lately[place.partition] = _Lately(place, [], before)
        return turned

    def _forget(self, place: _Place, ids: list[bytes]) -> None:
        """These ids stand in `place` no more; those of them that stand elsewhere too stay known."""
        for id_ in ids:
            where = self._where[id_]
            if where == place:
                del self._where[id_]
            elif isinstance(where, dict) and where[place.partition] == place.span:
                del where[place.partition]
                if len(where) == 1:
                    self._where[id_] = _Place(*where.popitem())
