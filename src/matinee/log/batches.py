"""The rows of the embedded log: what one group commit leaves behind, column by column."""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Sized
from functools import cached_property, partial
from itertools import accumulate, chain, islice, pairwise, repeat
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from matinee.errors import LogError
from matinee.log.base import ENTRIES, Contents, Entry, Position, Record

T = TypeVar("T")
SCHEMA = """
CREATE TABLE batches (
    last INTEGER PRIMARY KEY,  -- offset of the last record committed in this batch
    size INTEGER NOT NULL,     -- how many were committed; their offsets end at last, without gaps
    appended INTEGER NOT NULL, -- UTC microseconds
    digests BLOB NOT NULL,     -- of the id of each record committed
    checksum INTEGER NOT NULL, -- CRC-32 of all that follows
    offsets BLOB NOT NULL,     -- int64 of each record left, once some have been erased; else empty
    lengths BLOB NOT NULL,     -- uint32 of the bytes of topic, key, id and value, record by record
    topics BLOB NOT NULL,      -- of all the records, one behind the other; so are the following
    keys BLOB NOT NULL,
    ids BLOB NOT NULL,
    contents BLOB NOT NULL
)
"""

_entry = partial(tuple.__new__, Entry)
"""Entry() itself takes longer than all the rest."""


class Parts(NamedTuple):
    """Records, column by column."""

    offsets: bytes
    lengths: bytes
    topics: bytes
    keys: bytes
    ids: bytes
    contents: bytes

    @classmethod
    def of(cls, records: Sequence[Record], offsets: bytes = b"") -> "Parts":
        """These records; `offsets` when some of their batch have been erased.

        Raises UnicodeEncodeError when a record has what is no text.
        """
        *texts, contents = zip(*records, strict=True) if records else [()] * 4
        columns = [*map(_encoded, texts), (b"".join(contents), contents)]
        lengths = np.empty((len(records), len(columns)), "<u4")
        for place, (_, each) in enumerate(columns):
            lengths[:, place] = np.fromiter(map(len, each), np.uint32, len(records))
        return cls(offsets, lengths.tobytes(), *(joined for joined, _ in columns))

    def checksum(self) -> int:
        """The CRC-32 of all of it."""
        checksum = 0
        for part in self:
            checksum = zlib.crc32(part, checksum)
        return checksum


def _encoded(texts: Sequence[str]) -> tuple[bytes, Sequence[Sized]]:
    """`texts` in bytes, one behind the other, and what is as long as each."""
    joined = "".join(texts)
    if joined.isascii():
        return joined.encode(), texts
    encoded = [text.encode() for text in texts]
    return b"".join(encoded), encoded


class Row(NamedTuple):
    """A row of the table `batches`, without its digests."""

    last: int
    size: int
    appended: int
    parts: Parts

    @classmethod
    def read(cls, columns: Sequence[Any]) -> "Row":
        """The row that has these COLUMNS. Raises LogError when it is damaged."""
        last, size, appended, checksum, *parts = columns
        row = cls(last, size, appended, Parts(*parts))
        if row.parts.checksum() != checksum:
            raise LogError(
                f"the log is damaged at offset {last - size + 1} to {last}; restore a copy of its file"
            )
        return row

    def without(self, gone: Sequence[bool]) -> Parts:
        """What is left but for the entries that are gone; the others keep their offsets."""
        entries = [entry for entry, is_gone in zip(self.entries(), gone, strict=True) if not is_gone]
        offsets = struct.pack(f"<{len(entries)}q", *[entry.offset for entry in entries])
        return Parts.of([Record(*entry[3:]) for entry in entries], offsets)

    def offsets(self) -> Sequence[int]:
        """Of each entry in it; those of the entries erased are missing."""
        offsets = self.parts.offsets
        if offsets or not self.parts.lengths:
            return struct.unpack(f"<{len(offsets) // 8}q", offsets)
        return range(self.last - self.size + 1, self.last + 1)

    def behind(self, start: int) -> int:
        """How many of its entries have an offset beyond `start`."""
        offsets = self.offsets()
        return len(offsets) - bisect_right(offsets, start)

    def values(self) -> list[bytes]:
        """Of each entry in it."""
        return _pieces(
            self.parts.contents, struct.unpack(f"<{len(self.parts.lengths) // 4}I", self.parts.lengths)[3::4]
        )

    def entries(self) -> Iterator[Entry]:
        """One by one."""
        parts = self.parts
        lengths = _unpacked(parts.lengths)
        topics, keys = _texts(parts.topics, lengths[0::4]), _texts(parts.keys, lengths[1::4])
        ids, values = _texts(parts.ids, lengths[2::4]), _pieces(parts.contents, lengths[3::4])
        columns = (repeat(0), self.offsets(), repeat(self.appended), topics, keys, ids, values)
        return map(_entry, zip(*columns, strict=False))


COLUMNS = ", ".join(("last", "size", "appended", "checksum", *Parts._fields))


class StoredBatch:
    """A batch of what is in several rows; no record is touched until entries are asked for one by one."""

    def __init__(self, rows: Sequence[Row], start: int, limit: int) -> None:
        """Of `rows` the entries behind `start`, `limit` of them at most, the last one in the last row."""
        self._rows = rows
        self._offsets = [row.offsets() for row in rows]
        every = sum(map(len, self._offsets))
        self._first = bisect_right(self._offsets[0], start)
        self._end = min(self._first + limit, every)
        last = rows[-1].last if self._end == every else self._offsets[-1][self._end - every - 1]
        self.position = Position((last,))

    def __len__(self) -> int:
        return self._end - self._first

    @cached_property
    def entries(self) -> list[Entry]:
        """One by one."""
        return self._chosen(map(Row.entries, self._rows))

    @property
    def contents(self) -> Contents:
        """What they hold, without their topics, keys and ids."""
        appended = (
            repeat(row.appended, len(own)) for row, own in zip(self._rows, self._offsets, strict=True)
        )
        values = map(Row.values, self._rows)
        return Contents(self._chosen(values), self._chosen(appended), self._chosen(self._offsets))

    @cached_property
    def columns(self) -> pa.RecordBatch:
        """In the columns of ENTRIES, the bytes as they are stored."""
        sizes = [len(offsets) for offsets in self._offsets]
        appended = np.repeat([row.appended for row in self._rows], sizes)
        columns = [
            pa.array(np.zeros(sum(sizes), np.int32)),
            pa.array(np.concatenate([np.asarray(offsets, np.int64) for offsets in self._offsets])),
            pa.array(appended).view(ENTRIES.field("appended").type),
            *self._texts(),
        ]
        return pa.record_batch(columns, schema=ENTRIES).slice(self._first, len(self))

    def _chosen(self, rows: Iterable[Iterable[T]]) -> list[T]:
        """Of what there is of each entry, row by row, the part that belongs to this batch."""
        return list(islice(chain.from_iterable(rows), self._first, self._end))

    def _texts(self) -> Iterator[pa.Array]:
        lengths, *joined = (
            b"".join(parts) for parts in zip(*(row.parts[1:] for row in self._rows), strict=True)
        )
        each = np.frombuffer(lengths, "<u4").reshape(-1, 4)
        bounds = np.zeros((4, len(each) + 1), np.int32)
        np.cumsum(each.T, axis=1, out=bounds[:, 1:])
        for type_, own, data in zip(ENTRIES.types[3:], bounds, joined, strict=True):
            buffers = [None, pa.py_buffer(own), pa.py_buffer(data)]
            yield pa.Array.from_buffers(type_, len(each), buffers)


def keys_in(lengths: bytes, keys: bytes) -> list[bytes]:
    """The single keys of a row, out of its columns `lengths` and `keys`."""
    return _pieces(keys, _unpacked(lengths)[1::4])


def _unpacked(lengths: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(lengths) // 4}I", lengths)


def _texts(joined: bytes, lengths: Sequence[int]) -> list[str]:
    text = joined.decode()
    if len(text) != len(joined):
        return [piece.decode() for piece in _pieces(joined, lengths)]
    return [text[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def _pieces(joined: bytes, lengths: Sequence[int]) -> list[bytes]:
    return [joined[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]
