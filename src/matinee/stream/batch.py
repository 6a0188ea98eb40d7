"""The two shapes of a batch: entries as they come from a log, and the same ones parsed."""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from matinee.lake import movies
from matinee.log.base import Entry

_TIME = pa.timestamp("us", tz="UTC")

ENTRIES = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("appended", _TIME),
        ("topic", pa.string()),
        ("key", pa.string()),
        ("id", pa.string()),  # null or empty from a log that knows no ids
        ("value", pa.binary()),
    ]
)
"""What goes in: a log's entries, whatever the engine that read them."""

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


def batch_of(entries: Sequence[Entry]) -> pa.RecordBatch:
    """`entries` in the columns of ENTRIES."""
    columns = dict(zip(Entry._fields, zip(*entries, strict=True), strict=True)) if entries else {}
    return pa.record_batch([pa.array(columns.get(f.name, ()), f.type) for f in ENTRIES], schema=ENTRIES)


def frame(batch: pa.RecordBatch | pa.Table) -> pl.DataFrame:
    """`batch` for Polars, without a copy where there need be none."""
    made = pl.from_arrow(batch)
    assert isinstance(made, pl.DataFrame)  # noqa: S101 - what from_arrow makes of anything with columns
    return made


def table(rows: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    """`rows` in the columns, order and types of `schema`."""
    return rows.select(schema.names).to_arrow().cast(schema)
