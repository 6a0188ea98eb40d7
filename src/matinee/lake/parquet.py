"""The parquet files that tables are made of: how they are written, and one written apart from a commit."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import ColumnProperties, WriterProperties
from deltalake.transaction import AddAction, RemoveAction

from matinee.errors import LakeError
from matinee.files import open_files
from matinee.files.base import Files
from matinee.lake.failures import explained
from matinee.lake.tables import SCHEMAS, TableName
from matinee.log.base import Position

STATISTICS = ("partition", "offset", "at", "appended")
"""Columns whose least and greatest value stand in the Delta log: no names of people, which would stay."""
_PLAIN, _GROWING = ("id",), ("offset", "at", "appended")
_PLAIN_COLUMN = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
_GROWING_COLUMN = ColumnProperties(
    dictionary_enabled=False, encoding="DELTA_BINARY_PACKED", statistics_enabled="PAGE"
)
WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    # Arrow, and so DuckDB, cannot compare text with the bounds of a file that an erasure has rewritten.
    default_column_properties=ColumnProperties(statistics_enabled="NONE"),
    column_properties=dict.fromkeys(_PLAIN, _PLAIN_COLUMN)
    | {"partition": ColumnProperties(statistics_enabled="PAGE")}
    | dict.fromkeys(_GROWING, _GROWING_COLUMN),
)
"""A third of the time and of the size that the writer's own choice takes for these columns."""


class WrittenFile(NamedTuple):
    """A parquet file of a table that is on disk, but of no version yet; goes from process to process."""

    path: str
    """Relative to the table."""
    size: int
    """In bytes."""
    statistics: str
    """How many rows it has, and the least, the greatest and the missing values, as the Delta log has them."""
    first: Mapping[int, int]
    """Of each partition of the log that it has rows of, the least offset; empty where rows have none."""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(json.loads(self.statistics)["numRecords"])

    def repeats(self, have: Position) -> bool:
        """Whether it has rows at or behind the position `have`."""
        return any(
            partition < len(have) and offset <= have[partition] for partition, offset in self.first.items()
        )


def write_file(url: str, table: TableName, batch: pa.Table) -> WrittenFile:
    """Write the rows of `batch` as one parquet file of `table` in the lake at `url`, under a new name.

    For processes that write side by side, as Spark's executors: whoever gathers what this returns commits all
    of it with `Lake.add`. What is never committed is in no version, and upkeep removes it after an hour.
    Raises LakeError.
    """
    rows = fit(table, batch)
    content = _encoded(rows)
    name = f"part-00000-{uuid4()}-c000.zstd.parquet"
    with explained(f"cannot write a file of {table} of", url):
        _files(url).write(f"{table}/{name}", content)
    return WrittenFile(name, len(content), _statistics(rows), _first(rows))


def rewrite_file(
    url: str, table: TableName, file: WrittenFile, kept: Callable[[pa.Table], pa.Table]
) -> WrittenFile | None:
    """`file`, which is of no version yet, with only the rows that `kept` leaves of it; None for no rows.

    Where rows are left out, the file itself is removed: nothing of them stays. Raises LakeError.
    """
    path = f"{table}/{file.path}"
    with explained(f"cannot read a file of {table} of", url):
        rows = pq.read_table(io.BytesIO(_files(url).read(path)))
    left = kept(rows)
    if left.num_rows == rows.num_rows:
        return file
    written = write_file(url, table, left) if left.num_rows else None
    with explained(f"cannot remove a file of {table} of", url):
        _files(url).remove(path)
    return written


def add_actions(files: Iterable[WrittenFile]) -> list[AddAction | RemoveAction]:
    """What Delta's transaction takes."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    return [
        AddAction(
            path=file.path,
            size=file.size,
            partition_values={},
            modification_time=now,
            data_change=True,
            stats=file.statistics,
        )
        for file in files
    ]


def fit(table: TableName, batch: pa.Table) -> pa.Table:
    """`batch` in the columns of `table`. Raises LakeError where it lacks one, or one is of another type."""
    schema = SCHEMAS[table]
    try:
        return batch.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowException, ValueError) as error:
        raise LakeError(
            f"these columns do not fit {table}: {error}; see SCHEMAS in matinee.lake.tables"
        ) from error


@cache
def _files(url: str) -> Files:
    return open_files(url)


def _encoded(rows: pa.Table) -> bytes:
    """What WRITER would write."""
    sink = io.BytesIO()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=1,
        write_statistics=[name for name in STATISTICS if name in rows.column_names],
        use_dictionary=[name for name in rows.column_names if name not in (*_PLAIN, *_GROWING)],
        column_encoding={name: "DELTA_BINARY_PACKED" for name in _GROWING if name in rows.column_names},
    )
    return sink.getvalue()


def _statistics(rows: pa.Table) -> str:
    columns = {name: rows[name] for name in STATISTICS if name in rows.column_names}
    bounds = {name: pc.min_max(column).as_py() for name, column in columns.items()}
    known = {name: both for name, both in bounds.items() if both["min"] is not None}
    told = {
        "numRecords": rows.num_rows,
        "minValues": {name: _plain(both["min"]) for name, both in known.items()},
        "maxValues": {name: _plain(both["max"]) for name, both in known.items()},
        "nullCount": {name: column.null_count for name, column in columns.items()},
    }
    return json.dumps(told, separators=(",", ":"))


def _plain(value: Any) -> Any:
    # Delta's statistics know milliseconds; its readers allow for what is cut off.
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _first(rows: pa.Table) -> dict[int, int]:
    if "offset" not in rows.column_names:
        return {}
    least = (
        rows.select(["partition", "offset"]).drop_null().group_by("partition").aggregate([("offset", "min")])
    )
    return dict(zip(least["partition"].to_pylist(), least["offset_min"].to_pylist(), strict=True))
