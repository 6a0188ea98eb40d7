"""Facts that a lake of before has no columns for: added when it is next written, read as null until then."""

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, Schema

from matinee.lake.movies import FACTS
from matinee.lake.tables import TableName


def add_facts(target: DeltaTable, table: TableName) -> None:
    """Give `target` the columns of `movies` that it lacks; its files stay as they are.

    Raises CommitFailedError where another writer does so at the same moment.
    """
    if lacking := _lacking(target, table):
        target.alter.add_columns(Schema.from_arrow(pa.schema(lacking)).fields)


def with_facts(rows: pl.LazyFrame, target: DeltaTable, table: TableName) -> pl.LazyFrame:
    """`rows`, read from `target`, with a null for each fact that it has no column for."""
    lacking = _polars(pa.schema(_lacking(target, table)))
    return rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in lacking.items())


def schema_of(target: DeltaTable) -> pl.Schema:
    """The columns of `target`, which files from before a column was added lack."""
    return _polars(pa.schema(target.schema()))


def _lacking(target: DeltaTable, table: TableName) -> list[pa.Field]:
    if table != "movies":
        return []
    known = {field.name for field in target.schema().fields}
    return [fact for fact in FACTS if fact.name not in known]


def _polars(schema: pa.Schema) -> pl.Schema:
    return pl.DataFrame(schema.empty_table()).schema
