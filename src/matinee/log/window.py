"""Which ids each partition had lately: what makes a log that takes ids twice give each once."""

from collections.abc import Collection
from typing import NamedTuple


class _Lately(NamedTuple):
    """The ids at the offsets of two successive spans, the number of the later span."""

    span: int
    before: set[str]
    now: set[str]


class Window:
    """Tells the first entry of an id from its repeats, for entries that each partition gives in order.

    Offsets are divided into spans of `size`. An entry is a repeat when its id stands before it in its own
    span or the one before: a repeat within `size` offsets is always found, one further than two spans
    never. So the answer follows from the log alone, wherever in it reading began, if from `start` on.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lately: dict[int, _Lately] = {}

    def start(self, offset: int) -> int:
        """From behind which offset on entries must be told of, to judge those behind `offset`."""
        return max((offset // self._size - 1) * self._size - 1, 0)

    def is_first(self, partition: int, offset: int, id_: str) -> bool:
        """Take in the next entry of its partition; whether its id is new there."""
        span = offset // self._size
        lately = self._lately.get(partition)
        if lately is None or lately.span != span:
            before = lately.now if lately is not None and lately.span == span - 1 else set[str]()
            lately = self._lately[partition] = _Lately(span, before, set())
        now = lately.now
        before_it = len(now)
        now.add(id_)
        return len(now) != before_it and id_ not in lately.before

    def known(self, ids: Collection[str]) -> set[str]:
        """Those of `ids` that some partition had in its last spans."""
        asked = set(ids)
        spans = (span for lately in self._lately.values() for span in (lately.now, lately.before))
        return set[str]().union(*map(asked.intersection, spans))
