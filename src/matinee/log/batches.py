"""The rows of the embedded log: what one group commit leaves behind."""

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from matinee.errors import LogError
from matinee.log.base import Entry

SCHEMA = """
CREATE TABLE batches (
    last INTEGER PRIMARY KEY,  -- offset of the last record committed in this batch
    size INTEGER NOT NULL,     -- how many were committed; their offsets end at last, without gaps
    appended INTEGER NOT NULL, -- UTC microseconds
    checksum INTEGER NOT NULL, -- CRC-32 of records
    ids BLOB NOT NULL,         -- a digest for each record committed
    offsets BLOB,              -- int64 of each record left, once some have been erased
    records BLOB NOT NULL      -- msgpack of [topic, key, id, value]s
)
"""

encode_record = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, str, str, bytes]]).decode


def join(records: Sequence[bytes]) -> bytes:
    """The column `records` of encoded records."""
    return encode_record([msgspec.Raw(record) for record in records])


class Row(NamedTuple):
    """A row of the table `batches`, without its ids."""

    last: int
    size: int
    appended: int
    checksum: int
    offsets: bytes | None
    records: bytes

    def entries(self) -> list[Entry]:
        """What is in it, in order. Raises LogError when it is damaged."""
        if zlib.crc32(self.records) != self.checksum:
            raise LogError(
                f"the log is damaged at offset {self.last - self.size + 1} to {self.last}; "
                "restore a copy of its file"
            )
        new, appended = tuple.__new__, self.appended  # Entry() itself takes longer than all the rest
        return [
            new(Entry, (0, offset, appended, *record))
            for offset, record in zip(self._offsets(), _decode(self.records), strict=True)
        ]

    def holding(self, entries: Sequence[Entry]) -> "Row":
        """The row with only these of its entries, each at its offset."""
        records = encode_record([entry[3:] for entry in entries])
        offsets = np.array([entry.offset for entry in entries], dtype="<i8").tobytes()
        return self._replace(checksum=zlib.crc32(records), offsets=offsets, records=records)

    def _offsets(self) -> Iterable[int]:
        if self.offsets is None:
            return range(self.last - self.size + 1, self.last + 1)
        offsets: list[int] = np.frombuffer(self.offsets, dtype="<i8").tolist()
        return offsets


COLUMNS = ", ".join(Row._fields)
