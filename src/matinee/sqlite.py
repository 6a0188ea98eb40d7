"""SQLite as everything embedded uses it: shared by threads and processes, with errors that say what to do."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from matinee.errors import MatineeError
from matinee.urls import local_path

BUSY_SECONDS = 15.0
"""How long a writer waits for its turn while other processes write."""
_TURN_SECONDS = 0.005
"""SQLite backs off to 100 ms between tries; asking again after this keeps the turns short and fair."""

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full and nothing of this was kept; free some space and try again",
    sqlite3.SQLITE_BUSY: f"other processes kept it locked for {BUSY_SECONDS:g} s; end the one that hangs",
    sqlite3.SQLITE_READONLY: "it cannot be written; check the rights of the file and of its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the path, and the rights of the file and its folder",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database; move it away, or name another file",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a copy, or save the rest with sqlite3's .recover",
    sqlite3.SQLITE_IOERR: "the disk refused and nothing of this was kept; check its health, space and quota",
    sqlite3.SQLITE_TOOBIG: "a single value is over SQLite's limit of 1 GB; send less at once",
}
_CLOSED = "it cannot be used; it was closed, or a value has a type that it does not take"


class FileFormat(NamedTuple):
    """What a file holds: `application` marks the file; older versions are upgraded, newer refused."""

    name: str
    application: int
    version: int
    schema: tuple[str, ...]
    error: type[MatineeError]
    synchronous: Literal["FULL", "NORMAL"]
    """FULL: a commit survives a power cut. NORMAL: it may be undone by one, never torn."""
    upgrades: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    """The statements that make of a file of this version one of the next."""


class Database:
    """One SQLite file, made if it is not there: one writer at a time, any number of readers beside it.

    Raises the error class of its kind, for everything that goes wrong.
    """

    def __init__(self, url: str, format_: FileFormat) -> None:
        self.path = Path(local_path(url))
        self._format = format_
        self._owned: list[sqlite3.Connection] = []
        self._idle: list[sqlite3.Connection] = []
        self._turn = threading.Lock()
        self._closing = threading.Lock()
        self._closed = False
        try:
            with self.errors():
                _make_folder(self.path.parent)
                self._writer = self.connect(_TURN_SECONDS)
                self._file = self.path.stat().st_ino
                self._prepare()
        except BaseException:
            self.close()
            raise

    def connect(self, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
        """A connection of the caller's own, in autocommit mode. `close` closes it: not while it is used."""
        connection = self._opened(timeout)
        with self._closing:
            self._owned.append(connection)
        return connection

    def _opened(self, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("closed")
        connection = sqlite3.connect(
            self.path, timeout=timeout, isolation_level=None, check_same_thread=False
        )
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: sqlite3.Connection) -> None:
        if self._patiently(connection, "PRAGMA journal_mode=WAL") != "wal":
            raise self._format.error(
                f"{self._format.name} {self.path}: this file system cannot share memory between processes; "
                "choose a folder on a local disk"
            )
        connection.execute(f"PRAGMA synchronous={self._format.synchronous}")
        connection.execute("PRAGMA secure_delete=ON")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread uses meanwhile; every statement sees a state of its own."""
        with self.errors():
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end of the block, rolled back when it raises."""
        with self._turn, self.errors():
            self._refuse_other_file()
            self._patiently(self._writer, "BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self._writer.execute("ROLLBACK")
                raise

    def _refuse_other_file(self) -> None:
        """Raise when the file was deleted or replaced: what is written would be gone with this process."""
        try:
            same = self.path.stat().st_ino == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise self._format.error(
                f"{self._format.name} {self.path}: the file was deleted or replaced while in use; "
                "put it back, or end every process that uses it and start anew"
            )

    def forget(self) -> None:
        """Make what was deleted unrecoverable: the zeroed pages go to the file, and the WAL is emptied."""
        with self._turn, self.errors():
            deadline = time.monotonic() + BUSY_SECONDS
            while self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    raise self._format.error(
                        f"{self._format.name} {self.path}: deleted, but a reader keeps the old pages; "
                        "end it and erase again"
                    )

    def close(self) -> None:
        """Close every connection, those in use when they are given back; using it afterwards raises."""
        with self._turn, self._closing:
            self._closed = True
            for connection in (*self._idle, *self._owned):
                connection.close()
            self._idle.clear()
            self._owned.clear()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Raise what SQLite and the file system raise as the error of this format."""
        try:
            yield
        except (sqlite3.Error, OverflowError, OSError, UnicodeEncodeError) as error:
            raise self.explained(error) from error

    def explained(self, error: Exception) -> MatineeError:
        """`error` as the error of this format: which file, what happened, what to do."""
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, OSError):
            advice = _ADVICE[sqlite3.SQLITE_CANTOPEN]
        elif isinstance(error, UnicodeEncodeError):
            advice = "a value is not text; send valid Unicode"
        elif isinstance(error, (OverflowError, sqlite3.DataError)):
            advice = _ADVICE[sqlite3.SQLITE_TOOBIG]
        elif code is None:
            advice = _CLOSED
        else:
            advice = _ADVICE.get(code & 0xFF, "SQLite refused")
        return self._format.error(f"{self._format.name} {self.path}: {advice} ({error})")

    def _take(self) -> sqlite3.Connection:
        with self._closing:
            if self._idle:
                return self._idle.pop()
        return self._opened()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._closing:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    def _prepare(self) -> None:
        if self._stamp(self._writer) != (self._format.application, self._format.version):
            with self.writing() as connection:
                self._make(connection)

    def _make(self, connection: sqlite3.Connection) -> None:
        application, version = self._stamp(connection)
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application == 0 and version == 0 and tables == 0:
            for statement in self._format.schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={self._format.application}")
            connection.execute(f"PRAGMA user_version={self._format.version}")
        elif application != self._format.application:
            raise self._format.error(
                f"{self._format.name} {self.path}: it holds something else; move it away, or name another"
            )
        else:
            self._upgrade(connection, version)

    def _upgrade(self, connection: sqlite3.Connection, version: int) -> None:
        found = version
        while found in self._format.upgrades:
            for statement in self._format.upgrades[found]:
                connection.execute(statement)
            found += 1
        if found != self._format.version:
            raise self._format.error(
                f"{self._format.name} {self.path}: written in format {version}, while this Matinee knows "
                f"{self._format.version}; use the Matinee that wrote it"
            )
        connection.execute(f"PRAGMA user_version={found}")

    @staticmethod
    def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        return application, connection.execute("PRAGMA user_version").fetchone()[0]

    @staticmethod
    def _patiently(connection: sqlite3.Connection, statement: str) -> str | None:
        """The single answer of `statement`, asked again for as long as other processes hold the lock."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                row = connection.execute(statement).fetchone()
                return row[0] if row else None
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.0005)


def _make_folder(folder: Path) -> None:
    """Make it and its parents, durably: SQLite syncs its files and their folder, not the folders above."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    above = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(above)
    finally:
        os.close(above)
