"""The port of the log: durable, ordered, replayable, read by position."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple, Protocol, TypeVar

import polars as pl
import pyarrow as pa

from matinee.errors import EventError
from matinee.events.codec import encode, is_erasure
from matinee.events.topics import TOPICS, key
from matinee.events.types import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Position(tuple[int, ...]):
    """How far a log has been read: for each partition, the offset of the last entry read.

    `Position()` is before everything. Written as its numbers joined by dots: `"1042"`, `"17.0.23"`.
    A position reaches another when it is at least as far in every partition.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position written as `text`. Raises EventError(field=offset) when it is none."""
        parts = text.split(".") if text else []
        if (
            not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
            or len(parts) > 4096
        ):
            raise EventError("offset", text, "must be an offset that Matinee gave, such as 1042")
        return cls(int(part) for part in parts)

    def __str__(self) -> str:
        return ".".join(map(str, self))

    def reaches(self, other: "Position") -> bool:
        """Whether everything up to `other` has been read."""
        return all(mine >= theirs for mine, theirs in zip_longest(self, other, fillvalue=0))


class Record(NamedTuple):
    """What is appended: `value` is the encoded event; `id` decides what is a duplicate."""

    topic: str
    key: str
    id: str
    value: bytes

    @classmethod
    def of(cls, event: Event) -> "Record":
        """What is appended for `event`."""
        return records_of([event])[0]


_record = partial(tuple.__new__, Record)
"""Record() itself takes twice as long."""


def records_of(events: Sequence[Event]) -> list[Record]:
    """What is appended for these events."""
    topics = [TOPICS[event.type] for event in events]
    keys, ids = [key(event) for event in events], [event.id for event in events]
    return [*map(_record, zip(topics, keys, ids, map(encode, events), strict=True))]


class Entry(NamedTuple):
    """What is read: a record at its place, `appended` in UTC microseconds since the epoch."""

    partition: int
    offset: int
    appended: int
    topic: str
    key: str
    id: str
    value: bytes


def is_of(entry: Entry, users: Collection[str]) -> bool:
    """Whether the entry is something that one of these users did, and not that they were erased."""
    return entry.key in users and entry.topic != TOPICS["movie"] and not is_erasure(entry.value)


def moment_of(appended: int) -> datetime:
    """When an entry was appended, out of its UTC microseconds."""
    return _EPOCH + timedelta(microseconds=appended)


class Appended(NamedTuple):
    """The result of an append: `position` covers every record of it, duplicates included."""

    position: Position
    duplicates: tuple[int, ...]
    """Indices, into the records given, of those whose id the log had already."""
    in_a_row: bool = False
    """Whether the new records are at consecutive offsets, the last of them at `position`."""


ENTRIES = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("appended", pa.timestamp("us", tz="UTC")),
        ("topic", pa.string()),
        ("key", pa.string()),
        ("id", pa.string()),  # null or empty from a log that knows no ids
        ("value", pa.binary()),
    ]
)
"""Entries in columns, whatever the log that they are read from."""


_SPAN = 2**41
Number = TypeVar("Number", int, pl.Expr)


def ordinal_of(partition: Number, offset: Number) -> Number:
    """Both as one number, exact in a double: ordinals sort by partition, then by offset.

    In the first partition, the only one of an embedded log, it is the offset.
    """
    return partition * _SPAN + offset


ORDINALS = ordinal_of(pl.col("partition").cast(pl.Int64), pl.col("offset"))
"""The same over the columns `partition` and `offset`."""


def partition_of(ordinal: int) -> int:
    """The partition of the entry with this ordinal."""
    return ordinal // _SPAN


AnyEntry = tuple[int, int, int, str, Any, Any, bytes]
"""An Entry, or one whose key and id are still bytes."""


class Contents(NamedTuple):
    """Of each entry the value, when it was appended in UTC microseconds, and its ordinal: parallel lists."""

    values: list[bytes]
    appended: list[int]
    ordinals: list[int]
    """See `ordinal_of`."""


def contents_of(rows: Sequence[AnyEntry]) -> Contents:
    """What these hold."""
    return Contents(
        [row[-1] for row in rows], [row[2] for row in rows], [ordinal_of(row[0], row[1]) for row in rows]
    )


def columns_of(rows: Sequence[AnyEntry]) -> pa.RecordBatch:
    """These in the columns of ENTRIES; what is no UTF-8 in their texts is replaced."""
    columns = zip(*rows, strict=True) if rows else [()] * len(ENTRIES)
    arrays = [_array(column, field.type) for column, field in zip(columns, ENTRIES, strict=True)]
    return pa.record_batch(arrays, schema=ENTRIES)


def _array(column: tuple[object, ...], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(column, kind)
    except pa.ArrowInvalid:  # not all of it is text
        return pa.array([text_of(each) if isinstance(each, bytes) else each for each in column], kind)


def text_of(value: bytes) -> str:
    """These bytes as text, what is no UTF-8 in them replaced."""
    return value.decode("utf-8", "replace")


class Batch(Protocol):
    """Entries in order, and the position after them: read on from there."""

    @property
    def position(self) -> Position:
        """The position after the last of them."""
        ...

    @property
    def entries(self) -> list[Entry]:
        """One by one, for few of them."""
        ...

    @property
    def contents(self) -> Contents:
        """What they hold, without their topics, keys and ids."""
        ...

    @property
    def columns(self) -> pa.RecordBatch:
        """In the columns of ENTRIES, for many of them."""
        ...

    def __len__(self) -> int:
        """How many there are."""
        ...


@dataclass(frozen=True)
class Listed:
    """A batch of entries that are there one by one."""

    entries: list[Entry]
    position: Position

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def contents(self) -> Contents:
        """What they hold, without their topics, keys and ids."""
        return contents_of(self.entries)

    @property
    def columns(self) -> pa.RecordBatch:
        """In the columns of ENTRIES."""
        return columns_of(self.entries)


class Log(Protocol):
    """A log. Safe to use from several threads and from several processes at once."""

    repeats: bool
    """Whether an id may come twice after all, in entries far apart, so that who reads must tell."""
    partitions: int
    """Numbers in a position, at most."""

    def append(self, records: Sequence[Record]) -> Appended:
        """Make `records` durable, each id once; return when all of them would survive a power cut.

        An append of none lets a log do beforehand what the first one would else have to wait for. Raises
        LogError when the log cannot keep all of them; then it may have a part. Appended again with the same
        ids, these are duplicates, as long as the log knows ids: for good, or within a window that it states.
        """
        ...

    def read(self, after: Position, limit: int) -> Batch:
        """Up to about `limit` entries behind `after`, in order; none when there are no more.

        An entry once passed over never appears: there are no holes that are filled later.
        """
        ...

    def end(self) -> Position:
        """The position of the last durable entry. Raises LogError when nobody can tell."""
        ...

    def at_hand(self) -> Position:
        """Up to where `read` has entries without asking anybody: cheap enough to ask before every answer.

        While this process waits for what comes, no more than milliseconds behind the end.
        """
        ...

    def wait(self, after: Position, timeout: float) -> bool:
        """Wait until something behind `after` is at hand, at most `timeout` seconds; whether it is."""
        ...

    def erase(self, keys: Iterable[str], until: Position) -> int:
        """Remove, beyond recovery, the records with these keys up to `until`; return how many.

        The keys are users: the topic `movies`, whose keys are movies, stays as it is, and so does an erase
        event, which tells all who follow. A log that cannot remove single records gives them to nobody any
        more, and says when they are gone.
        Offsets of the others stay as they are, and the ids stay known, so that a retry does not return.
        """
        ...

    def close(self) -> None:
        """Release what is held; the log can be opened again."""
        ...
