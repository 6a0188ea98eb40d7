"""The lake's tables in Delta format: commits that carry the log's position, reads as of any version."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from pyarrow.dataset import Dataset

from matinee.errors import LakeError
from matinee.files import open_files
from matinee.lake.columns import add_facts, with_facts
from matinee.lake.failures import explained
from matinee.lake.maintenance import compact, remove_orphans, vacuum
from matinee.lake.movies import merge_facts
from matinee.lake.parquet import STATISTICS, WRITER, WrittenFile, add_actions, fit
from matinee.lake.place import open_place
from matinee.lake.positions import behind, committed, properties
from matinee.lake.tables import SCHEMAS, TableName
from matinee.log.base import Position

RETENTION = timedelta(days=2)
"""How long older versions can be read; the files that only they need are then removed."""
_PATIENCE = 60.0
"""Seconds for which a commit is tried anew while other writers come first."""
_VACUUM_SECONDS = 600.0
"""How often, at most, a process looks for files that no version within the retention needs."""
T = TypeVar("T")


class Lake:
    """The tables of `SCHEMAS` under one URL, as `file:///PATH`. Safe for threads and processes.

    A write makes its table when it is not there yet. Whatever is killed when, a commit is whole or
    not there. Every method raises LakeError, saying what to do, when a table cannot be read or committed.
    """

    def __init__(self, url: str, *, retention: timedelta = RETENTION) -> None:
        self.url = url.rstrip("/")
        self._place = open_place(self.url)
        self._options = dict(self._place.options)
        self._files = open_files(self.url)
        self._retention = retention
        self._readers: dict[TableName, DeltaTable] = {}
        self._writers: dict[TableName, DeltaTable] = {}
        self._vacuum_due = dict.fromkeys(SCHEMAS, time.monotonic() + _VACUUM_SECONDS)
        self._reading = threading.Lock()
        self._writing = {name: threading.RLock() for name in SCHEMAS}

    # Reading

    def version(self, table: TableName) -> int | None:
        """The newest version of `table`, or None when it is not there yet; costs well under a millisecond."""
        with self._reading:
            found = self._fresh(self._readers, table)
            return None if found is None else found.version()

    def scan(
        self, table: TableName, *, version: int | None = None, at: datetime | None = None
    ) -> pl.LazyFrame:
        """`table` as a lazy frame over one version of it, so that filters and columns are pushed down."""
        with explained(f"cannot read {table} of", self.url), self._reading:
            found = self._as_of(table, version, at)
            return empty(table).lazy() if found is None else self._lazy(found, table)

    def read(
        self,
        table: TableName,
        *,
        columns: Sequence[str] | None = None,
        where: pl.Expr | None = None,
        version: int | None = None,
        at: datetime | None = None,
    ) -> pl.DataFrame:
        """`table`, as it is, was at `version`, or was at the moment `at`; no rows when it is not there.

        With `where` only the rows of which it is true.

        The order of rows is not promised: sort by `partition` and `offset`, or by `at`.
        """
        names = list(columns or SCHEMAS[table].names)
        wanted = pl.lit(value=True) if where is None else where
        with explained(f"cannot read {table} of", self.url):
            try:
                return self.scan(table, version=version, at=at).filter(wanted).select(names).collect()
            except (OSError, pl.exceptions.PolarsError):
                if version is not None or at is not None:
                    raise
                # Between the look and the read, an erasure removed the older files: look again.
                return self.scan(table).filter(wanted).select(names).collect()

    def collect(self, query: pl.LazyFrame) -> pl.DataFrame:
        """The rows of a query over what `scan` gave. Raises LakeError."""
        with explained("cannot read", self.url):
            return query.collect()

    def batches(self, query: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """The rows of a query over what `scan` gave, in pieces that fit into memory. Raises LakeError."""
        with explained("cannot read", self.url):
            yield from query.collect_batches()

    def files(self, table: TableName) -> tuple[int | None, list[str]]:
        """The newest version of `table`, and where the parquet files are that it is made of."""
        with self._reading:
            found = self._fresh(self._readers, table)
            return (None, []) if found is None else (found.version(), self._place.files(found))

    def dataset(self, table: TableName) -> tuple[int | None, Dataset | None]:
        """The newest version of `table` for readers that know Arrow; None where it has no rows."""
        with explained(f"cannot read {table} of", self.url), self._reading:
            found = self._fresh(self._readers, table)
            if found is None or not found.file_uris():
                return (None if found is None else found.version()), None
            return found.version(), found.to_pyarrow_dataset()

    def committed(self, table: TableName) -> Position:
        """Up to where in the log the stream has committed to `table`: everything there, once."""
        with self._reading:
            found = self._fresh(self._readers, table)
            return Position() if found is None else committed(found)

    # Writing

    def append(self, table: TableName, batch: pa.Table, position: Position | None) -> int:
        """Add the rows of `batch` and move what is committed to `position`; return how many were added.

        Rows at or behind what is committed already are left out, so a repeat adds nothing. The commit:

        1. Look at the newest version: what has been committed?
        2. Leave out the rows at or behind that; stop when `position` is there already.
        3. Write the rows and commit them together with the position, in one Delta transaction.
        4. When another writer committed this app meanwhile, Delta refuses: go back to 1.

        Without a position the rows are simply added.
        """
        rows = fit(table, batch)

        def commit(target: DeltaTable) -> int:
            have = committed(target)  # 1
            new = rows if position is None else behind(rows, have)  # 2
            if position is not None and have.reaches(position):
                return 0
            moved = properties(have, position)
            if new.num_rows:  # 3
                write_deltalake(target, new, mode="append", writer_properties=WRITER, commit_properties=moved)
            elif moved:
                target.create_write_transaction([], "append", target.schema(), commit_properties=moved)
            return int(new.num_rows)

        return self._commit(table, commit)  # 4

    def add(self, table: TableName, files: Sequence[WrittenFile], position: Position) -> bool:
        """Commit files that `write_file` wrote of one batch, and move what is committed to `position`.

        False, and nothing changes, when `position` is committed already: a repeat adds nothing. The commit is
        that of `append`, all files and the position in one Delta transaction. Raises LakeError also when only
        a part of the files' rows is committed, since rows of a file cannot be left out.
        """

        def commit(target: DeltaTable) -> bool:
            have = committed(target)  # 1
            if have.reaches(position):  # 2
                return False
            if any(file.repeats(have) for file in files):
                raise LakeError(
                    f"cannot add to {table} of {self.url}: files up to {position} have rows that are there, "
                    f"up to {have}; make the batch anew from what `committed` says"
                )
            actions, moved = add_actions(files), properties(have, position)
            target.create_write_transaction(actions, "append", target.schema(), commit_properties=moved)  # 3
            return True

        return self._commit(table, commit)  # 4

    def upsert_movies(self, batch: pa.Table, position: Position | None) -> int:
        """Merge facts into `movies`: given ones replace, null ones stay; return how many rows were new to it.

        Of several rows of one movie the one further in the log wins, fact by fact. Commits as `append` does.
        """
        rows = fit("movies", batch)

        def commit(target: DeltaTable) -> int:
            have = committed(target)  # 1
            new = rows if position is None else behind(rows, have)  # 2
            if not new.num_rows:
                return 0
            said = cast("pl.DataFrame", pl.from_arrow(new)).sort("partition", "offset")
            known = (
                self._lazy(target, "movies")
                .join(said.lazy().select("movie"), on="movie", how="semi")
                .collect()
            )
            merged = fit("movies", merge_facts(pl.concat([known.select(said.columns), said])).to_arrow())
            _merge(target, merged, properties(have, position), only_new=known.is_empty())  # 3
            return int(new.num_rows)

        return self._commit("movies", commit)  # 4

    def overwrite(self, table: TableName, batch: pa.Table) -> None:
        """Replace all of `table` by `batch`, in one commit."""
        rows = fit(table, batch)
        self._commit(
            table, lambda target: write_deltalake(target, rows, mode="overwrite", writer_properties=WRITER)
        )

    def delete(self, table: TableName, predicate: Mapping[str, object]) -> int:
        """Delete the rows that equal `predicate` in all its columns, as `{"user": "42"}`; return how many."""
        if not predicate:
            raise LakeError(f"cannot delete from {table}: name a column and its value")
        return self.delete_all(table, pa.table({name: [value] for name, value in predicate.items()}))

    def delete_all(self, table: TableName, rows: pa.Table) -> int:
        """Delete what equals one of `rows`, each there once, in all their columns; return how many."""
        source = {name: rows[name] for name in rows.column_names}
        return self._delete(table, source, [f"t.`{name}` = s.`{name}`" for name in source])

    def restore(self, table: TableName, batch: pa.Table) -> int:
        """Add those rows of `batch` of whose place in the log `table` has none; return how many."""
        rows = fit(table, batch)

        def commit(target: DeltaTable) -> int:
            merge = target.merge(
                rows,
                "t.partition = s.partition AND t.offset = s.offset",
                source_alias="s",
                target_alias="t",
                writer_properties=WRITER,
            )
            return int(merge.when_not_matched_insert_all().execute()["num_target_rows_inserted"])

        return self._commit(table, commit)

    def forget(self, table: TableName, column: str, bounds: pa.Table) -> int:
        """Delete, for each row of `bounds`, what has its `value` in `column` up to its place in the log.

        `bounds` has the columns value, partition and offset, and no two rows of one value and
        partition; a table without offsets loses every row of the value. Returns how many rows went.
        """
        if "offset" in SCHEMAS[table].names:
            on = [f"t.`{column}` = s.value", "t.partition = s.partition", "t.offset <= s.offset"]
            return self._delete(table, {name: bounds[name] for name in ("value", "partition", "offset")}, on)
        return self._delete(table, {"value": bounds["value"].unique()}, [f"t.`{column}` = s.value"])

    def expire(self, table: TableName, before: datetime) -> int:
        """Delete the rows of what was appended before that moment; return how many."""
        moments = pa.array([before], SCHEMAS[table].field("appended").type)
        return self._delete(table, {"value": moments}, ["t.appended < s.value"])

    def maintain(self, table: TableName) -> None:
        """Join small files, remove those that only versions past the retention need; the content stays."""

        def commit(target: DeltaTable) -> None:
            joined = compact(target, WRITER)
            if joined or time.monotonic() >= self._vacuum_due[table]:
                target.create_checkpoint()
                vacuum(target, self._retention)
                remove_orphans(target, self._files, table)
                self._vacuum_due[table] = time.monotonic() + _VACUUM_SECONDS

        if self.version(table) is not None:
            self._commit(table, commit)

    def wipe(self, table: TableName, spared: Collection[str] = ()) -> None:
        """Remove every file that only older versions need: what was deleted is then beyond recovery.

        Ends reading as of a version before this one. Files of writes that were killed go as soon as
        they are an hour old, since a younger one may belong to a write that is still going on. Those named
        in `spared`, which are still to be added, stay.
        """

        def commit(target: DeltaTable) -> None:
            vacuum(target, timedelta(0))
            remove_orphans(target, self._files, table, spared)

        if self.version(table) is not None:
            self._commit(table, commit)

    # Inside

    def _delete(self, table: TableName, source: Mapping[str, Any], on: list[str]) -> int:
        # A MERGE, not a DELETE: its values are bound as data, and the Delta log keeps the text of a
        # predicate for as long as it lives, which must not be the name of whom we are to forget.
        keys = pa.table(dict(source))
        if unknown := [name for name in keys.column_names if name not in {*SCHEMAS[table].names, "value"}]:
            raise LakeError(f"cannot delete from {table}: it has no column {unknown[0]}")

        def commit(target: DeltaTable) -> int:
            merge = target.merge(
                keys, " AND ".join(on), source_alias="s", target_alias="t", writer_properties=WRITER
            )
            return int(merge.when_matched_delete().execute()["num_target_rows_deleted"])

        return 0 if self.version(table) is None else self._commit(table, commit)

    def _commit(self, table: TableName, commit: Callable[[DeltaTable], T]) -> T:
        with self._writing[table], explained(f"cannot commit to {table} of", self.url):
            deadline = time.monotonic() + _PATIENCE
            while True:
                try:
                    return commit(self._writable(table))
                except CommitFailedError:
                    if time.monotonic() > deadline:
                        raise

    def _writable(self, table: TableName) -> DeltaTable:
        target = self._fresh(self._writers, table)
        if target is None:
            return self._make(table)
        add_facts(target, table)
        return target

    def _make(self, table: TableName) -> DeltaTable:
        hours = int(self._retention.total_seconds() // 3600)
        statistics = [name for name in SCHEMAS[table].names if name in STATISTICS]
        made = DeltaTable.create(
            self._uri(table),
            SCHEMAS[table],
            mode="ignore",
            configuration={
                "delta.dataSkippingStatsColumns": ",".join(statistics),
                "delta.deletedFileRetentionDuration": f"interval {hours} hours",
                "delta.logRetentionDuration": f"interval {hours} hours",
            },
            storage_options=self._options,
        )
        self._writers[table] = made
        return made

    def _fresh(self, handles: dict[TableName, DeltaTable], table: TableName) -> DeltaTable | None:
        with explained(f"cannot open {table} of", self.url):
            try:
                if table in handles and _updated(handles[table]):
                    return handles[table]
                handles[table] = DeltaTable(self._uri(table), storage_options=self._options)
            except TableNotFoundError:
                handles.pop(table, None)
            return handles.get(table)

    def _as_of(self, table: TableName, version: int | None, at: datetime | None) -> DeltaTable | None:
        newest = self._fresh(self._readers, table)
        if newest is None or (version is None and at is None):
            return newest
        if version is not None and not 0 <= version <= newest.version():
            raise LakeError(
                f"{table} of {self.url} has no version {version}; its newest is {newest.version()}"
            )
        older = DeltaTable(self._uri(table), storage_options=self._options)
        older.load_as_version(cast("int | datetime", at if version is None else version))
        return older

    def _lazy(self, target: DeltaTable, table: TableName) -> pl.LazyFrame:
        if not target.file_uris():
            return empty(table).lazy()
        return with_facts(self._place.scan(target), target, table)

    def _uri(self, table: TableName) -> str:
        return f"{self._place.root}/{table}"


def _merge(
    target: DeltaTable, rows: pa.Table, properties: CommitProperties | None, *, only_new: bool
) -> None:
    # New movies are simply added, at a tenth of the cost, where the position fences off other writers.
    if only_new and properties:
        write_deltalake(target, rows, mode="append", writer_properties=WRITER, commit_properties=properties)
        return
    merge = target.merge(
        rows,
        "t.movie = s.movie",
        source_alias="s",
        target_alias="t",
        writer_properties=WRITER,
        commit_properties=properties,
    )
    merge.when_matched_update_all().when_not_matched_insert_all().execute()


def _updated(handle: DeltaTable) -> bool:
    """Whether `handle` could follow the Delta log to its end; it cannot where a part between is gone."""
    try:
        handle.update_incremental()
    except DeltaError:
        return False
    return True


def empty(table: TableName) -> pl.DataFrame:
    """`table` without rows."""
    return cast("pl.DataFrame", pl.from_arrow(SCHEMAS[table].empty_table()))
