"""Upkeep of one Delta table: few files, and none that nothing needs. Changes no content and no position."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from deltalake import DeltaTable, WriterProperties

from matinee.files.base import Files

FILES = 32
"""Joining waits for this many files, so that a table is rewritten seldom."""
TARGET = 32 * 2**20
"""Bytes: a file of this size is left alone, which bounds what one joining rewrites and holds in memory."""
ORPHAN_AGE = timedelta(hours=1)


def compact(table: DeltaTable, writer: WriterProperties) -> bool:
    """Join the small files when there are many; whether it did."""
    small = [size for size in _sizes(table) if size < TARGET]
    if len(small) < FILES:
        return False
    table.optimize.compact(target_size=TARGET, max_concurrent_tasks=1, writer_properties=writer)
    return True


def vacuum(table: DeltaTable, retention: timedelta) -> None:
    """Remove the files that only versions older than `retention`, in whole hours, need."""
    hours = int(retention.total_seconds() // 3600)
    if table.vacuum(hours, dry_run=True, enforce_retention_duration=False):
        table.vacuum(hours, dry_run=False, enforce_retention_duration=False)


def remove_orphans(table: DeltaTable, files: Files, folder: str, spared: Collection[str] = ()) -> None:
    """Remove files that no version names, left by writes that were killed, once they are an hour old.

    `folder` is where the table is among `files`; the names in `spared` stay however old they are.
    """
    unused = set(table.vacuum(0, dry_run=True, enforce_retention_duration=False, full=True))
    named = set(table.vacuum(0, dry_run=True, enforce_retention_duration=False))
    orphans = {f"{folder}/{name}" for name in unused - named - set(spared)}
    if not orphans:
        return
    old = datetime.now(UTC) - ORPHAN_AGE
    for found in files.under(folder):
        if found.path in orphans and found.modified < old:
            files.remove(found.path)


def _sizes(table: DeltaTable) -> list[int]:
    return list(pa.table(table.get_add_actions())["size_bytes"].to_pylist())
