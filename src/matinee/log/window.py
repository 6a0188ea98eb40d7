"""Which ids each partition had lately: what makes a log that takes ids twice give each once."""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple


class _Lately(NamedTuple):
    """The ids at the offsets of two successive spans, the number of the later span."""

    span: int
    before: set[bytes]
    now: set[bytes]


class Window:
    """Tells the first entry of an id from its repeats, for entries that each partition gives in order.

    Offsets are divided into spans of `size`. An entry is a repeat when its id stands before it in its own
    span or the one before: a repeat within `size` offsets is always found, one further than two spans
    never. So the answer follows from the log alone, wherever in it reading began, if from `start` on.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lately: dict[int, _Lately] = {}
        self._times: dict[bytes, int] = {}
        """In how many spans of all partitions an id stands."""

    def start(self, offset: int) -> int:
        """From behind which offset on entries must be told of, to judge those behind `offset`."""
        return max((offset // self._size - 1) * self._size - 1, 0)

    def is_first(self, partition: int, offset: int, id_: bytes) -> bool:
        """Take in the next entry of its partition; whether its id is new there."""
        span = offset // self._size
        lately = self._lately.get(partition)
        if lately is None or lately.span != span:
            lately = self._turn(partition, span)
        now = lately.now
        if id_ in now:
            return False
        now.add(id_)
        self._times[id_] = self._times.get(id_, 0) + 1
        return id_ not in lately.before

    def known(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of `ids` that some partition had in its last spans."""
        return {id_ for id_ in ids if id_ in self._times}

    def _turn(self, partition: int, span: int) -> _Lately:
        """Begin a span of a partition, and forget what is before the one before it."""
        last = self._lately.get(partition, _Lately(span, set(), set()))
        stays = last.span == span - 1
        for id_ in last.before if stays else chain(last.before, last.now):
            times = self._times.pop(id_)
            if times > 1:
                self._times[id_] = times - 1
        turned = self._lately[partition] = _Lately(span, last.now if stays else set(), set())
        return turned
