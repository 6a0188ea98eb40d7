"""What is fetched from Kafka: its texts stay bytes until somebody asks, and the live state never does."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import pyarrow as pa

from matinee.log.base import Contents, Entry, Position, columns_of, contents_of, text_of


class Fetched(NamedTuple):
    """An entry whose key and id are as the broker has them."""

    partition: int
    offset: int
    appended: int
    topic: str
    key: bytes
    id: bytes
    value: bytes

    @property
    def entry(self) -> Entry:
        """The same with texts; what is no UTF-8 in them is replaced."""
        partition, offset, appended, topic, key, id_, value = self
        return Entry(partition, offset, appended, topic, text_of(key), text_of(id_), value)


new_fetched = partial(tuple.__new__, Fetched)
"""Fetched() itself takes twice as long."""


@dataclass(frozen=True)
class FetchedBatch:
    """A batch of what was fetched."""

    fetched: list[Fetched]
    position: Position

    def __len__(self) -> int:
        return len(self.fetched)

    @property
    def entries(self) -> list[Entry]:
        """One by one, for few of them."""
        return [each.entry for each in self.fetched]

    @property
    def contents(self) -> Contents:
        """What they hold, without their topics, keys and ids."""
        return contents_of(self.fetched)

    @property
    def columns(self) -> pa.RecordBatch:
        """In the columns of ENTRIES."""
        return columns_of(self.fetched)


def is_text(value: bytes) -> bool:
    """Whether this is UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
