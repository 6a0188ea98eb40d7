"""A batch in parts, each made where it was read: the big tables go to files there, what is left is small.

An engine whose workers read side by side gives each of them `make_part`, and what they make to `join_parts`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from matinee.events.types import USER_EVENT_TYPES
from matinee.lake.parquet import WrittenFile, rewrite_file, write_file
from matinee.lake.positions import behind, furthest
from matinee.lake.tables import SCHEMAS, TableName
from matinee.log.base import ENTRIES, Position, text_of
from matinee.log.fetched import is_text
from matinee.log.ids import digests_of
from matinee.log.partitions import position_at
from matinee.log.plain_messages import read_message
from matinee.stream.batch import PARSED, frame
from matinee.stream.commit import Files
from matinee.stream.parse import parse
from matinee.stream.past import Past
from matinee.stream.retractions import NONE
from matinee.stream.steps import (
    PLACE,
    TableRows,
    dedupe,
    events_of,
    interactions_of,
    last_of,
    reach_of,
    rows_of,
    users_of,
    without,
    without_erased,
    without_retracted,
)

BIG: tuple[TableName, ...] = ("events", "interactions")
"""The tables with a row for each event."""


class Wanted(NamedTuple):
    """What whoever makes parts must know: the lake, how far it has the big tables, who was erased lately."""

    lake: str
    have: Mapping[TableName, Position]
    erasures: pl.DataFrame


class BatchPart(NamedTuple):
    """A part of a batch, to be sent: files of the big tables, and what decides of the batch as a whole."""

    position: Position
    last: datetime | None
    """When the last of its entries was appended."""
    files: Mapping[TableName, WrittenFile]
    seen: pl.DataFrame
    """The columns partition, offset, appended and digest, of the id: a row for each event and reject kept."""
    others: pl.DataFrame
    """The columns of PARSED: movies, erasures, retractions and rejects."""


class _Out(NamedTuple):
    """What is not to be in files: events whose id is repeated, that are erased, that are taken back."""

    repeated: pl.DataFrame
    reach: pl.DataFrame
    retractions: pl.DataFrame


class Joined(NamedTuple):
    """A whole batch, ready to be committed."""

    rows: TableRows
    position: Position
    last: datetime | None
    digests: bytes
    files: Files


def make_part(batches: Iterable[pa.RecordBatch], wanted: Wanted) -> BatchPart:
    """Parse batches of ENTRIES, and write the rows of the big tables that the lake does not have.

    Made twice, as after a lost worker, a part is the same but for the names of its files; those of the one
    that nobody received are in no table, and upkeep removes them.
    """
    parsed = [parse(_entries(batch)) for batch in batches]
    whole = frame(pa.Table.from_batches(parsed, PARSED))
    kept = without_erased(dedupe(whole), wanted.erasures)
    users = users_of(kept)
    files: dict[TableName, WrittenFile] = {}
    made: dict[TableName, pa.Table] = {"events": events_of(users), "interactions": interactions_of(users)}
    for name, rows in made.items():
        new = behind(rows, wanted.have[name])
        if new.num_rows:
            files[name] = write_file(wanted.lake, name, new)
    digests = digests_of(kept["id"].fill_null(""))
    accepted = (
        pl.Series("digest", digests, dtype=pl.Binary)
        .to_frame()
        .select(pl.when(kept["accepted"]).then("digest"))
    )
    ends = whole.group_by("partition").agg(pl.col("offset").max())
    return BatchPart(
        position=position_at(dict(ends.iter_rows())),
        last=last_of(whole),
        files=files,
        seen=kept.select(*PLACE, "appended").hstack(accepted),
        others=kept.filter(~pl.col("accepted") | ~pl.col("type").is_in(USER_EVENT_TYPES)),
    )


def _entries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """`batch` in the very types of ENTRIES: what carries it may have widened them, or know no text.

    What has no id is of another producer, and becomes the event that it means.
    """
    columns = {each.name: batch[each.name] for each in ENTRIES}
    columns |= {name: _texts(columns[name], text_of) for name in ("topic", "key")}
    columns["id"] = _texts(columns["id"], _id_of)
    if pc.any(pc.equal(columns["id"], "")).as_py():
        moments = columns["appended"].cast(ENTRIES.field("appended").type).cast(pa.int64())
        told = (each.to_pylist() for each in (columns["topic"], columns["id"], columns["value"], moments))
        known = [
            (id_, value) if id_ else read_message(topic, value, appended)
            for topic, id_, value, appended in zip(*told, strict=True)
        ]
        columns["id"] = pa.array([id_ for id_, _ in known], pa.string())
        columns["value"] = pa.array([value for _, value in known], pa.binary())
    typed = [columns[each.name].cast(each.type) for each in ENTRIES]
    return pa.record_batch(typed, schema=ENTRIES)


def _texts(column: pa.Array, otherwise: Callable[[bytes], str]) -> pa.Array:
    """Bytes as text; `otherwise` says what stands for bytes where not all are UTF-8."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [None if each is None else otherwise(each) for each in column.to_pylist()]
        return pa.array(texts, pa.string())


def _id_of(value: bytes) -> str:
    """What is no text is no id, as the log has it."""
    return value.decode() if is_text(value) else ""


def join_parts(parts: Sequence[BatchPart], start: Position, past: Past, lake: str) -> Joined:
    """The whole batch behind `start` out of its parts.

    Of an id that several parts have, or that there was in the `past`, and of users who are erased in it, the
    rows are taken out of the files, too; so is of interactions what is taken back.
    """
    seen = pl.concat([part.seen for part in parts])
    digests = seen["digest"].drop_nulls().to_list()
    repeated = _repeated(seen, past.known(digests))
    others = pl.concat([part.others for part in parts]).join(repeated, on=PLACE, how="anti")
    seen = seen.join(repeated, on=PLACE, how="anti")
    known = past.retractions.known
    rows = rows_of(others.sort(PLACE), past.erasures)
    reach = reach_of(rows.asked, seen, known)
    new = without(rows.retractions, reach, pl.col("user"))
    rows = rows._replace(
        events=SCHEMAS["events"].empty_table(),  # those retractions are in the files
        reach=reach,
        rejects=_left(rows.rejects, reach, pl.col("key")),
        retractions=new,
    )
    standing = pl.concat([without(known, reach, pl.col("user")), new])
    out = {name: _Out(repeated, reach, standing if name == "interactions" else NONE) for name in BIG}
    return Joined(
        rows=rows,
        position=furthest(start, *(part.position for part in parts)),
        last=max((part.last for part in parts if part.last), default=None),
        digests=b"".join(digests),
        files={name: list(_files(name, parts, out[name], lake)) for name in BIG},
    )


def _repeated(seen: pl.DataFrame, known: set[bytes]) -> pl.DataFrame:
    """The places of the events whose id is known, or has an earlier event in the batch."""
    said = seen.filter(pl.col("digest").is_not_null())
    if not known and said["digest"].n_unique() == said.height:
        return said.select(PLACE).clear()
    said = said.sort("appended", *PLACE)
    again = ~pl.col("digest").is_first_distinct() | pl.col("digest").is_in(list(known))
    return said.filter(again).select(PLACE)


def _files(name: TableName, parts: Sequence[BatchPart], out: _Out, lake: str) -> Iterable[WrittenFile]:
    written = [part.files[name] for part in parts if name in part.files]
    if all(each.is_empty() for each in out):
        return written
    mended = [rewrite_file(lake, name, file, partial(_kept, out=out)) for file in written]
    return [file for file in mended if file]


def _kept(rows: pa.Table, out: _Out) -> pa.Table:
    once = frame(rows).join(out.repeated, on=PLACE, how="anti", maintain_order="left")
    once = without_retracted(once, out.retractions)
    return _left(once.to_arrow().cast(rows.schema), out.reach, pl.col("user"))


def _left(rows: pa.Table, reach: pl.DataFrame, whose: pl.Expr) -> pa.Table:
    return without(frame(rows), reach, whose).select(rows.column_names).to_arrow().cast(rows.schema)
