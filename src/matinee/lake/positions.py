"""How far in the log a table is committed: Delta's own transactions of an application carry the offsets."""

from typing import cast

import polars as pl
import pyarrow as pa
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
    offsets = [max(pair) for pair in _pairs(position, have)]
    return CommitProperties(
        app_transactions=[
            Transaction(f"{APP}/{partition}", offset) for partition, offset in enumerate(offsets)
        ]
    )


def _pairs(one: Position, other: Position) -> list[tuple[int, int]]:
    size = max(len(one), len(other))
    return [(*pair,) for pair in zip(_padded(one, size), _padded(other, size), strict=True)]


def _padded(position: Position, size: int) -> tuple[int, ...]:
    return (*position, *(0,) * (size - len(position)))


def behind(rows: pa.Table, position: Position) -> pa.Table:
    """The rows of the log's entries that come after `position`."""
    if not position:
        return rows
    seen = pa.table({"partition": pa.array(range(len(position)), pa.int32()), "seen": list(position)})
    frame = cast("pl.DataFrame", pl.from_arrow(rows.select(["partition", "offset"])))
    reached = frame.join(
        cast("pl.DataFrame", pl.from_arrow(seen)), on="partition", how="left", maintain_order="left"
    )
    new = reached.select(pl.col("seen").is_null() | (pl.col("offset") > pl.col("seen"))).to_series()
    return rows if new.all() else rows.filter(new.to_arrow())
