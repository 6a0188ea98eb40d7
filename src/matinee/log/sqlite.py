"""The embedded log: one SQLite file, one row for each group commit."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from matinee.errors import LogError
from matinee.log.base import Appended, Batch, Listed, Position, Record, is_of
from matinee.log.batches import COLUMNS, SCHEMA, Parts, Row, StoredBatch, keys_in
from matinee.log.group import Group
from matinee.log.ids import Ids, digests_of
from matinee.sqlite import Database, FileFormat
from matinee.urls import local_path

_FORMAT = FileFormat(
    name="log",
    application=0x4D41544C,  # "MATL"
    version=2,
    schema=(SCHEMA,),
    error=LogError,
    synchronous="FULL",
)
_ROW = 1024
"""The most records in one row: what a reader of a single entry has to check."""
_BYTES = 2**26
"""A read ends behind so many bytes, however many entries were asked for, so that memory has a bound."""
_INSERT = f"INSERT INTO batches (digests, {COLUMNS}) VALUES ({', '.join('?' * 11)})"
_UPDATE = f"UPDATE batches SET {' = ?, '.join(('checksum', *Parts._fields))} = ? WHERE last = ?"
_LEARN_ROWS = 256
_POLL_SECONDS = (0.0005, 0.002)
"""How often `wait` looks for what other processes commit: at first, and after a while."""


class _Append(NamedTuple):
    """An append, checked and digested by the thread that asks, outside of the lock."""

    digests: list[bytes]
    records: Sequence[Record]


class SqliteLog:
    """A log in the SQLite file that `url` names: a single partition, offsets 1, 2, 3, ….

    What is appended survives a power cut (WAL, synchronous=FULL), and appends at the same time share an
    fsync. A process that appends holds 16 bytes of memory for each id in the log, read at its first append.
    """

    repeats = False
    partitions = 1

    def __init__(self, url: str) -> None:
        self._database = Database(url, _FORMAT)
        self._ids = Ids()
        self._learned = 0
        self._group = Group(self._commit)
        self._grown = threading.Condition()
        self._watch_lock = threading.Lock()
        with self._database.errors():
            self._watch = self._database.connect()
        self._seen: tuple[int, int] = (-1, 0)

    @staticmethod
    def is_there(url: str) -> bool:
        """Whether to open the log at `url` makes nothing: it has its file."""
        return Path(local_path(url)).exists()

    def append(self, records: Sequence[Record]) -> Appended:
        """Make `records` durable, all or none, each id once; return when they would survive a power cut.

        Raises LogError when the log cannot keep them; then it kept none of them.
        """
        if not records:
            return Appended(self.end(), ())
        appended = self._group(_append(records))
        with self._grown:
            self._grown.notify_all()
        return appended

    def read(self, after: Position, limit: int) -> Batch:
        """At most `limit` entries behind `after`, in order; none when there are no more.

        Raises LogError when an entry is damaged, and when `after` is beyond the end: then the log has
        been cut or replaced since, and new entries would be passed over in silence.
        """
        start, rows = self._offset(after), list[Row]()
        query = f"SELECT {COLUMNS} FROM batches WHERE last > ? ORDER BY last"
        with self._database.reading() as connection, closing(connection.execute(query, (start,))) as found:
            left, space = limit, _BYTES
            while left > 0 and space > 0 and (columns := found.fetchone()):
                rows.append(Row.read(columns))
                left -= rows[-1].behind(start)
                space -= len(rows[-1].parts.contents)
        if not rows:
            self._refuse_beyond_end(start)
            return Listed([], after)
        return StoredBatch(rows, start, limit)

    def end(self) -> Position:
        """The position of the last durable entry; `Position()` while there is none."""
        end = self._end()
        return Position((end,)) if end else Position()

    def at_hand(self) -> Position:
        """The same: no one needs to be asked."""
        return self.end()

    def wait(self, after: Position, timeout: float) -> bool:
        """Wait until there is something behind `after`, at most `timeout` seconds; whether there is.

        Appends of this process wake it at once, those of others within about 2 ms.
        """
        start, deadline, pause = self._offset(after), time.monotonic() + timeout, _POLL_SECONDS[0]
        with self._grown:
            while self._end() <= start:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._grown.wait(min(pause, left))
                pause = min(pause * 1.1, _POLL_SECONDS[1])
        return True

    def erase(self, keys: Iterable[str], until: Position) -> int:
        """Remove, beyond recovery, what users of these keys did up to `until`; return how many records.

        What is known of movies stays, whose keys are movies, and that users were erased.

        1. Find the batches that have such records. 2. Rewrite them without, in one transaction; ids and the
        offsets of the others stay. 3. Empty the WAL.
        """
        wanted = set(keys)
        touched = self._batches_with(wanted, self._offset(until))
        with self._database.writing() as connection:
            count = sum(self._rewrite(connection, last, wanted, self._offset(until)) for last in touched)
        self._database.forget()
        return count

    def close(self) -> None:
        """Release what is held; the log can be opened again."""
        with self._watch_lock:
            self._database.close()

    def _commit(self, appends: list[_Append]) -> list[Appended]:
        """Commit a group: all of it, or none.

        1. Learn the ids that are there. 2. Lock out other writers. 3. Learn what they committed meanwhile.
        4. Drop what is known. 5. Insert the rest. 6. Commit. The index learns only what it reads back.
        """
        with self._database.reading() as connection:
            self._learn(connection)
        with self._database.writing() as connection:
            self._learn(connection)
            fresh, duplicates = self._without_known(appends)
            end = self._learned
            self._insert(connection, fresh)
        answers = []
        for append, indices in zip(appends, duplicates, strict=True):
            end += len(append.digests) - len(indices)
            answers.append(Appended(Position((end,)), indices, in_a_row=True))
        return answers

    def _learn(self, connection: sqlite3.Connection) -> None:
        query = "SELECT last, digests FROM batches WHERE last > ? ORDER BY last"
        with closing(connection.execute(query, (self._learned,))) as rows:
            while chunk := rows.fetchmany(_LEARN_ROWS):
                self._ids.add(b"".join(digests for _, digests in chunk))
                self._learned = chunk[-1][0]

    def _without_known(self, appends: list[_Append]) -> tuple[_Append, list[tuple[int, ...]]]:
        digests = [digest for append in appends for digest in append.digests]
        known = self._ids.known(digests)
        if not known and len(set(digests)) == len(digests):
            records = [record for append in appends for record in append.records]
            return _Append(digests, records), [()] * len(appends)
        fresh = list[tuple[bytes, Record]]()
        duplicates = [_sift(append, known, fresh) for append in appends]
        return _Append([id_ for id_, _ in fresh], [record for _, record in fresh]), duplicates

    def _insert(self, connection: sqlite3.Connection, fresh: _Append) -> None:
        last, now = self._learned, time.time_ns() // 1000
        for start in range(0, len(fresh.records), _ROW):
            ids = fresh.digests[start : start + _ROW]
            parts = Parts.of(fresh.records[start : start + _ROW])
            last += len(ids)
            connection.execute(_INSERT, (b"".join(ids), last, len(ids), now, parts.checksum(), *parts))

    def _end(self) -> int:
        with self._watch_lock:
            try:
                # Changes with every commit, by whomever; ours are made on another connection than this one.
                version = self._watch.execute("PRAGMA data_version").fetchone()[0]
                if version != self._seen[0]:
                    last = self._watch.execute("SELECT max(last) FROM batches").fetchone()[0]
                    self._seen = version, last or 0
            except sqlite3.Error as error:
                raise self._database.explained(error) from error
            return self._seen[1]

    def _batches_with(self, keys: set[str], until: int) -> list[int]:
        query = "SELECT last, lengths, keys FROM batches WHERE last - size < ? ORDER BY last"
        with self._database.reading() as connection, closing(connection.execute(query, (until,))) as rows:
            wanted = {key.encode() for key in keys}
            return [last for last, lengths, joined in rows if not wanted.isdisjoint(keys_in(lengths, joined))]

    def _rewrite(self, connection: sqlite3.Connection, last: int, keys: set[str], until: int) -> int:
        query = f"SELECT {COLUMNS} FROM batches WHERE last = ?"
        row = Row.read(connection.execute(query, (last,)).fetchone())
        gone = [entry.offset <= until and is_of(entry, keys) for entry in row.entries()]
        if any(gone):
            parts = row.without(gone)
            connection.execute(_UPDATE, (parts.checksum(), *parts, last))
        return sum(gone)

    def _refuse_beyond_end(self, start: int) -> None:
        end = self._end()
        if start > end:
            raise LogError(
                f"log {self._database.path}: asked for what follows offset {start}, but it ends at {end}; "
                "it has lost its tail or is another log: restore it, or start its readers anew"
            )

    def _offset(self, position: Position) -> int:
        if len(position) > 1:
            raise LogError(
                f"log {self._database.path}: has one partition, and position {position} has {len(position)}; "
                "it was given by another log"
            )
        return position[0] if position else 0


def _append(records: Sequence[Record]) -> _Append:
    try:
        "".join([record.topic + record.key for record in records]).encode()
        return _Append(digests_of([record.id for record in records]), records)
    except UnicodeEncodeError as error:
        raise LogError(f"a record has {error.object!r:.80}, which is not text; send valid Unicode") from error


def _sift(append: _Append, known: set[bytes], fresh: list[tuple[bytes, Record]]) -> tuple[int, ...]:
    """Move what is not known from `append` to `fresh`, then it is known; return the indices of the rest."""
    duplicates = []
    for i, (id_, record) in enumerate(zip(*append, strict=True)):
        if id_ in known:
            duplicates.append(i)
        else:
            known.add(id_)
            fresh.append((id_, record))
    return tuple(duplicates)
