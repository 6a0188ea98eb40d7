"""The embedded recommendations store: one row for each user's list."""

from collections.abc import Iterable
from itertools import islice

import msgspec

from matinee.errors import StoreError
from matinee.sqlite import Database, FileFormat
from matinee.stores.recommendations.base import Recommended, TopN

_FORMAT = FileFormat(
    name="recommendations store",
    application=0x4D415452,  # "MATR"
    version=1,
    schema=(
        """
        CREATE TABLE lists (
            user TEXT PRIMARY KEY,
            model TEXT NOT NULL,
            movies BLOB NOT NULL  -- msgpack of [movie, score, title, genres]s, best first
        )
        """,
    ),
    error=StoreError,
    synchronous="NORMAL",
)
_BATCH = 1000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Recommended, ...]).decode


class SqliteRecommendations:
    """Top-N lists in the SQLite file that `url` names."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, _FORMAT)

    def put(self, lists: Iterable[TopN]) -> int:
        """Replace the lists of these users, each atomically; return how many. Idempotent."""
        rows = ((top.user, top.model, _encode(list(top.movies))) for top in lists)
        count = 0
        while batch := list(islice(rows, _BATCH)):
            with self._database.writing() as connection:
                connection.executemany("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", batch)
            count += len(batch)
        return count

    def get(self, user: str) -> TopN | None:
        """The list of this user, or None."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT model, movies FROM lists WHERE user = ?", (user,)).fetchone()
        return TopN(user, row[0], _decode(row[1])) if row else None

    def erase(self, user: str) -> int:
        """Remove this user's list beyond recovery; return how many rows went."""
        with self._database.writing() as connection:
            count = connection.execute("DELETE FROM lists WHERE user = ?", (user,)).rowcount
        self._database.forget()
        return count

    def close(self) -> None:
        """Release what is held."""
        self._database.close()
