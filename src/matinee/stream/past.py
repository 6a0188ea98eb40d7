"""What earlier batches said that decides of later ones: the ids, who was erased, what was taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa

from matinee.errors import LakeError
from matinee.lake.delta import Lake, empty
from matinee.lake.positions import behind, furthest
from matinee.log.base import Position
from matinee.log.ids import Ids, digests_of
from matinee.stream.batch import frame
from matinee.stream.retractions import Retractions

REMEMBERED = timedelta(days=1)
"""How long before a moment at which everything had been read an erasure is kept, for clocks that differ."""


class Past:
    """The ids in `lake`, where the log `repeats` ids, the erasures that may still reach, all retractions.

    Ids are held as 16 bytes each, and told apart without a window, but for those of facts of movies: the
    lake keeps none, so that they are known from the start of this process.
    """

    def __init__(self, lake: Lake, *, repeats: bool) -> None:
        self._lake = lake
        self.repeats = repeats
        """Whether the log may repeat ids, as one does that has partitions."""
        self._ids = Ids()
        self.erasures = empty("erasures")
        """Rows of that table."""
        self.retractions = Retractions(lake)
        self.position: Position | None = None
        """What the lake has up to here is in this past; None for nothing yet."""

    def look(self) -> Position:
        """Up to where the lake has everything; what it says is read again where this past is of another."""
        position = self._lake.committed("events")
        if position != self.position:
            self._read(position)
        return position

    def _read(self, position: Position) -> None:
        self._check_whole(position)
        self.position, self._ids = None, Ids()
        erasures = self._lake.read("erasures").to_arrow()
        # Those beyond are of a batch that was cut off: it comes again, and they are news.
        beyond = behind(erasures, position).select(["partition", "offset"])
        self.erasures = frame(erasures.join(beyond, ["partition", "offset"], join_type="left anti"))
        self.retractions.read()
        if self.repeats and position:
            self._ids.add(b"".join(digests_of(self.erasures["id"])))
            for batch in self._lake.batches(self._lake.scan("events").select("id")):
                self._ids.add(b"".join(digests_of(batch["id"])))
        self.position = position

    def _check_whole(self, position: Position) -> None:
        """Refuse a lake that somebody took `interactions` from: only what comes would be in it again."""
        if not position or self._lake.committed("interactions"):
            return
        if self._lake.collect(self._lake.scan("events").select(pl.len())).item():
            raise LakeError(
                f"the lake {self._lake.url} has events and no interactions, which follow from them: "
                "restore that table, or move the whole lake away, and the stream builds it anew from the log"
            )

    def fresh(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, bytes]:
        """`rows` of a parsed batch but the events whose id there was, and the digests of its ids, joined."""
        if not self.repeats:
            return rows, b""
        digests = [
            digest if said else None
            for digest, said in zip(digests_of(rows["id"].fill_null("")), rows["accepted"], strict=True)
        ]
        said = [digest for digest in digests if digest]
        known = self.known(said)
        if known:
            rows = rows.filter(pl.Series([digest not in known for digest in digests], dtype=pl.Boolean))
        return rows, b"".join(said)

    def known(self, digests: Sequence[bytes]) -> set[bytes]:
        """Those of the digests that are of an id that there was."""
        return self._ids.known(digests) if len(self._ids) and digests else set()

    def take(self, position: Position, digests: bytes, erasures: pa.Table, retractions: pl.DataFrame) -> None:
        """Take in a batch that has been committed: up to where, the ids in it, its rows of `erasures`.

        `retractions` are all that stand after it.
        """
        if self.repeats:
            self._ids.add(digests)
        self.erasures = self.erasures.vstack(frame(erasures))
        self.position = furthest(self.position or Position(), position)
        self.retractions.take(retractions, self.position)

    def forget(self, drained: datetime) -> None:
        """Drop the erasures that reach nothing more: everything had been read at the moment `drained`."""
        before = drained - REMEMBERED
        if (self.erasures["appended"] < before).any():
            self._lake.expire("erasures", before)
            self.erasures = self.erasures.filter(pl.col("appended") >= before)
