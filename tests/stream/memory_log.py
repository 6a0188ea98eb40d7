"""A log in memory, for tests of the stream alone: a list of entries, split over partitions on demand."""

import itertools
import threading
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from matinee.events.codec import encode
from matinee.events.topics import TOPICS, key
from matinee.events.types import Event
from matinee.log.base import Appended, Batch, Entry, Listed, Position, Record

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000


def record(event: Event) -> Record:
    return Record(TOPICS[event.type], key(event), event.id, encode(event))


class MemoryLog:
    """Offsets from 1 in each partition; entry n was appended n seconds after BEGUN."""

    repeats = True

    def __init__(self, partitions: int = 1) -> None:
        self.entries: list[list[Entry]] = [[] for _ in range(partitions)]
        self.partitions = partitions
        self._count = itertools.count()
        self._grown = threading.Condition()

    def append(self, records: Sequence[Record]) -> Appended:
        with self._grown:
            for each in records:
                partition = zlib.crc32(each.key.encode()) % len(self.entries)
                offset = len(self.entries[partition]) + 1
                appended = int(BEGUN.timestamp()) * _SECOND + next(self._count) * _SECOND
                self.entries[partition].append(
                    Entry(partition, offset, appended, each.topic, each.key, each.id, each.value)
                )
            self._grown.notify_all()
        return Appended(self.end(), ())

    def read(self, after: Position, limit: int) -> Batch:
        after = Position((*after, *[0] * (len(self.entries) - len(after))))
        found: list[Entry] = []
        for entries, offset in zip(self.entries, after, strict=True):
            found += entries[offset : offset + max(1, limit // len(self.entries))]
        ends = list(after)
        for entry in found:
            ends[entry.partition] = entry.offset
        return Listed(found, Position(ends))

    def end(self) -> Position:
        return Position(map(len, self.entries)) if any(self.entries) else Position()

    def at_hand(self) -> Position:
        return self.end()

    def wait(self, after: Position, timeout: float) -> bool:
        with self._grown:
            return self._grown.wait_for(lambda: not after.reaches(self.end()), timeout)

    def erase(self, keys: Iterable[str], until: Position) -> int:
        raise NotImplementedError

    def close(self) -> None:
        pass
