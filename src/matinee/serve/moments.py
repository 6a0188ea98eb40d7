"""When entries of a log with several partitions were appended: which came first, whichever is read first."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from matinee.log.base import partition_of

REMEMBERED = 86_400_000_000
"""Microseconds before the last moment for which this is kept when all was read, for clocks that differ."""


class Moments:
    """For each partition the moments at which something was appended, each where it begins.

    What was appended together has one moment, so that it takes 16 bytes for each append, not for each entry.
    """

    def __init__(self) -> None:
        self._moments: dict[int, tuple[array[int], array[int]]] = {}

    def note(self, ordinals: Iterable[int], moments: Iterable[int]) -> None:
        """Take in when these entries were appended, of each partition in order, behind those noted before."""
        for ordinal, moment in zip(ordinals, moments, strict=True):
            partition = partition_of(ordinal)
            found = self._moments.get(partition)
            if found is None:
                self._moments[partition] = array("q", [ordinal]), array("q", [moment])
            elif found[1][-1] != moment:
                found[0].append(ordinal)
                found[1].append(moment)

    def forget(self, before: int) -> None:
        """Drop what is before this moment, once that is most of it."""
        for begins, own in self._moments.values():
            old = bisect_left(own, before, hi=len(own) - 1)
            if old > len(own) // 2:
                del begins[:old], own[:old]

    def newest(self) -> int:
        """The last of them, 0 where there is none."""
        return max((own[-1] for _, own in self._moments.values()), default=0)

    def at(self, ordinal: int) -> int:
        """The moment of an entry, in UTC microseconds; 0 for one of long ago."""
        begins, own = self._moments.get(partition_of(ordinal), ((), ()))
        place = bisect_right(begins, ordinal)
        return own[place - 1] if place else 0

    def reaches(self, erasure: int, ordinal: int) -> bool:
        """Whether an erasure is of this entry, as the lake decides it; both are told by their ordinals.

        In its own partition it reaches what is before it, in another what was appended at an earlier moment.
        """
        if partition_of(erasure) == partition_of(ordinal):
            return ordinal <= erasure
        return self.at(ordinal) < self.at(erasure)
