"""The steps of the stream, as pure functions of a parsed batch: each makes the rows of one table.

`rows_of` and everything below it knows no engine, so that an engine only has to call it.
"""

from typing import NamedTuple

import polars as pl
import pyarrow as pa

from matinee.events.meaning import strength_column
from matinee.events.types import USER_EVENT_TYPES
from matinee.lake.movies import merge_facts
from matinee.lake.tables import SCHEMAS
from matinee.stream.batch import frame, table
from matinee.stream.enrich import enrich

_PLACE = ("partition", "offset")
_BEGUN = pl.Schema({"partition": pl.Int32, "offset": pl.Int64})


class Rows(NamedTuple):
    """What one parsed batch brings to each table, and the erasures that it asks for."""

    events: pa.Table
    rejects: pa.Table
    movies: pa.Table
    interactions: pa.Table
    erasures: pa.Table
    """Columns value (the user), partition and offset: up to there nothing of this user stays."""


def rows_of(parsed: pa.RecordBatch, start: tuple[int, ...] = ()) -> Rows:
    """The rows of every table out of a batch of PARSED, which was read from the position `start`.

    Each id counts once, the first time; what an erasure in the batch reaches is left out.
    """
    rows = dedupe(frame(parsed))
    erasures = erasures_of(rows, start)
    rows = without(rows, erasures)
    said = rows.filter("accepted")
    users = said.filter(pl.col("type").is_in(USER_EVENT_TYPES))
    return Rows(
        events=table(users, SCHEMAS["events"]),
        rejects=rejects_of(rows.filter(~pl.col("accepted"))),
        movies=movies_of(said.filter(pl.col("type") == "movie")),
        interactions=table(users.with_columns(strength_column()), SCHEMAS["interactions"]),
        erasures=erasures.to_arrow(),
    )


def dedupe(rows: pl.DataFrame) -> pl.DataFrame:
    """Each id once, the first time an event has it; rejects all stay.

    A log that knows ids has done this for good; for one that does not it mends producers' retries.
    """
    if rows["id"].n_unique() == rows.height:
        return rows
    return rows.filter(~pl.col("accepted") | pl.struct("accepted", "id").is_first_distinct())


def rejects_of(rows: pl.DataFrame) -> pa.Table:
    """The rows of `rejects`: the original bytes, where they were, and which rule they broke."""
    return table(rows.with_columns(value=pl.col("bytes")), SCHEMAS["rejects"])


def movies_of(rows: pl.DataFrame) -> pa.Table:
    """The rows of `movies`: enriched facts, one row per movie with the last that was said of each fact."""
    if rows.is_empty():
        return SCHEMAS["movies"].empty_table()
    facts = enrich(rows.select("movie", *_PLACE, "at", "facts").unnest("facts"))
    return table(merge_facts(facts.sort(_PLACE)), SCHEMAS["movies"])


def erasures_of(rows: pl.DataFrame, start: tuple[int, ...]) -> pl.DataFrame:
    """Up to where each erased user is to be forgotten, in every partition.

    In the partition of the erasure that is its own place. Elsewhere it is what had been appended
    before it: all up to `start`, and of the batch what carries an earlier moment.
    """
    asked = rows.filter((pl.col("type") == "erase") & pl.col("accepted"))
    if asked.is_empty():
        return pl.DataFrame(schema={"value": pl.String, **_BEGUN})
    asked = asked.select("user", "appended", own=pl.col("partition"), upto=pl.col("offset"))
    own = asked.select(value="user", partition="own", offset="upto")
    begun = pl.DataFrame({"partition": range(len(start)), "offset": start}, schema=_BEGUN)
    before = asked.join(begun, how="cross").select(value="user", partition="partition", offset="offset")
    bounds = pl.concat([own, before, _appended_before(asked, rows)])
    return bounds.group_by("value", "partition").agg(pl.col("offset").max()).sort("value", "partition")


def _appended_before(asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """For each erasure and partition but its own, the last offset in the batch with an earlier moment."""
    others = asked.join(rows.select("partition").unique(), how="cross")
    others = others.filter(pl.col("partition") != pl.col("own")).sort("appended")
    moments = rows.select(*_PLACE, "appended").sort("appended")
    moments = moments.with_columns(pl.col("offset").cum_max().over("partition"))
    found = others.join_asof(
        moments, on="appended", by="partition", allow_exact_matches=False, check_sortedness=False
    )
    return found.drop_nulls("offset").select(value="user", partition="partition", offset="offset")


def without(rows: pl.DataFrame, erasures: pl.DataFrame) -> pl.DataFrame:
    """`rows` but those that an erasure reaches: of that user, or rejected with that key."""
    if erasures.is_empty():
        return rows
    whose = pl.when("accepted").then(pl.col("user")).otherwise(pl.col("key"))
    bounds = erasures.rename({"value": "whose", "offset": "upto"})
    joined = rows.with_columns(whose=whose).join(
        bounds, on=["whose", "partition"], how="left", maintain_order="left"
    )
    reached = (pl.col("offset") <= pl.col("upto")).fill_null(value=False)
    return joined.filter(~reached).drop("whose", "upto")
