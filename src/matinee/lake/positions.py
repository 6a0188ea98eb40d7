"""How far in the log a table is committed: Delta's own transactions of an application carry the offsets."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction

from matinee.log.base import Position

APP = "matinee-stream"
"""The Delta transactions of the stream are named `matinee-stream/PARTITION`; their version is the offset."""


def committed(target: DeltaTable) -> Position:
    """What the version that `target` is at says of the stream's position."""
    offsets: list[int] = []
    while (offset := target.transaction_version(f"{APP}/{len(offsets)}")) is not None:
        offsets.append(offset)
    return Position(offsets)


def properties(have: Position, position: Position | None) -> CommitProperties | None:
    """What moves the position of a table from `have` to `position` with a commit; it never goes back."""
    if position is None:
        return None
    offsets = furthest(position, have)
    return CommitProperties(
        app_transactions=[
            Transaction(f"{APP}/{partition}", offset) for partition, offset in enumerate(offsets)
        ]
    )


def furthest(*positions: Position) -> Position:
    """Of each partition the greatest of these offsets."""
    return _each(max, positions)


def nearest(*positions: Position) -> Position:
    """Of each partition the least of these offsets."""
    return _each(min, positions)


def _each(choose: Callable[..., int], positions: Sequence[Position]) -> Position:
    return Position(choose(offsets) for offsets in zip_longest(*positions, fillvalue=0))


def reached(rows: pa.Table | pa.RecordBatch, position: Position) -> pa.Array:
    """Which of the log's entries are at or before `position`."""
    seen = pl.DataFrame(
        {"partition": range(len(position)), "seen": position},
        schema={"partition": pl.Int32, "seen": pl.Int64},
    )
    places = pl.DataFrame({name: rows[name] for name in ("partition", "offset")})
    joined = places.join(seen, on="partition", how="left", maintain_order="left")
    reached = (pl.col("offset") <= pl.col("seen")).fill_null(value=False)
    return joined.select(reached).to_series().to_arrow()


def behind(rows: pa.Table, position: Position) -> pa.Table:
    """The rows of the log's entries that come after `position`."""
    if not position:
        return rows
    old = reached(rows, position)
    return rows.filter(pc.invert(old)) if pc.any(old).as_py() else rows
