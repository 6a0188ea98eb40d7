"""The shape of a parsed batch, and the ways between Arrow and Polars."""

import polars as pl
import pyarrow as pa

from matinee.lake import movies

_TIME = pa.timestamp("us", tz="UTC")

FACTS = pa.struct(movies.FACTS)

PARSED = pa.schema(
    [
        ("accepted", pa.bool_()),  # an event, or else a reject
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("appended", _TIME),
        ("topic", pa.string()),
        ("key", pa.string()),
        # Of events:
        ("id", pa.string()),
        ("type", pa.string()),
        ("user", pa.string()),
        ("movie", pa.string()),
        ("value", pa.float64()),
        ("text", pa.string()),
        ("source", pa.string()),
        ("at", _TIME),
        ("facts", FACTS),
        # Of rejects:
        ("bytes", pa.binary()),
        ("field", pa.string()),
        ("reason", pa.string()),
    ]
)
"""What `parse` makes of it: one row per entry, in the same order."""


def frame(batch: pa.RecordBatch | pa.Table) -> pl.DataFrame:
    """`batch` for Polars, without a copy where there need be none."""
    made = pl.from_arrow(batch)
    assert isinstance(made, pl.DataFrame)  # noqa: S101 - what from_arrow makes of anything with columns
    return made


def table(rows: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    """`rows` in the columns, order and types of `schema`."""
    return rows.select(schema.names).to_arrow().cast(schema)
