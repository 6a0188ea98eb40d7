"""The steps of the stream, as pure functions of a parsed batch: each makes the rows of one table.

`rows_of` and everything below it knows no engine, so that an engine only has to call it.
"""

from datetime import datetime
from typing import NamedTuple, cast

import polars as pl
import pyarrow as pa

from matinee.events.meaning import of_column, strength_column
from matinee.events.types import KEPT_EVENT_TYPES, USER_EVENT_TYPES
from matinee.lake.movies import merge_facts
from matinee.lake.tables import SCHEMAS
from matinee.log.ids import digests_of
from matinee.stream.batch import frame, table
from matinee.stream.enrich import enrich

PLACE = ("partition", "offset")
_WHOSE = pl.when("accepted").then(pl.col("user")).otherwise(pl.col("key"))
"""Of whom an entry is: a reject is of its key, which is all that is known of it."""


class TableRows(NamedTuple):
    """What one parsed batch brings to each table, and the erasures and retractions that it asks for."""

    events: pa.Table
    rejects: pa.Table
    movies: pa.Table
    interactions: pa.Table
    erasures: pa.Table
    asked: pl.DataFrame
    """The erasures once more, by name: the columns user, partition, offset and appended."""
    reach: pl.DataFrame
    """The columns value (the user), partition and offset: up to there nothing of this user stays."""
    retractions: pl.DataFrame
    """Those that no erasure reaches: see `retractions_of`."""


def rows_of(
    parsed: pa.RecordBatch | pl.DataFrame,
    earlier: pl.DataFrame | None = None,
    known: pl.DataFrame | None = None,
) -> TableRows:
    """The rows of every table out of a batch of PARSED, after the `earlier` erasures, rows of that table.

    Each id counts once, the first time; what an erasure reaches, earlier or in the batch, is left out. So
    is of interactions what is taken back, by the retractions in the batch or those `known` before it.
    """
    rows = dedupe(parsed if isinstance(parsed, pl.DataFrame) else frame(parsed))
    rows = without_erased(rows, earlier)
    asked = asked_of(rows)
    reach = reach_of(asked, rows, known)
    rows = without(rows, reach)
    said = rows.filter("accepted")
    users = users_of(said)
    retractions = retractions_of(users)
    standing = (
        retractions if known is None else pl.concat([without(known, reach, pl.col("user")), retractions])
    )
    return TableRows(
        events=events_of(users),
        rejects=rejects_of(rows.filter(~pl.col("accepted"))),
        movies=movies_of(said.filter(pl.col("type") == "movie")),
        interactions=interactions_of(without_retracted(users, standing)),
        erasures=erasures_of(asked),
        asked=asked,
        reach=reach,
        retractions=retractions,
    )


def dedupe(rows: pl.DataFrame) -> pl.DataFrame:
    """Each id once, the first time that an event has it, in order of time and place; rejects all stay.

    A log that knows ids has done this for good; for one that does not it mends producers' retries.
    """
    if rows["id"].n_unique() == rows.height:
        return rows
    named = rows.with_row_index("row").sort("appended", *PLACE)
    first = named.filter(~pl.col("accepted") | pl.struct("accepted", "id").is_first_distinct())
    return first.sort("row").drop("row")


def last_of(rows: pl.DataFrame) -> datetime | None:
    """When the last of them was appended."""
    return cast("datetime | None", rows["appended"].max())


def users_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The accepted events of users among `rows`, retractions included."""
    return rows.filter(pl.col("accepted") & pl.col("type").is_in(KEPT_EVENT_TYPES))


def events_of(users: pl.DataFrame) -> pa.Table:
    """The rows of `events`."""
    return table(users, SCHEMAS["events"])


def interactions_of(users: pl.DataFrame) -> pa.Table:
    """The rows of `interactions`: events but retractions, and what each says of taste."""
    said = users.filter(pl.col("type").is_in(USER_EVENT_TYPES))
    return table(said.with_columns(strength_column()), SCHEMAS["interactions"])


def retractions_of(users: pl.DataFrame) -> pl.DataFrame:
    """The retractions among events: of what is taken back the user, movie and `at`, and their own places."""
    told = users.filter(pl.col("type") == "retract")
    return told.select("user", "movie", of_column().alias("at"), *PLACE, "appended")


def without_retracted(users: pl.DataFrame, retractions: pl.DataFrame) -> pl.DataFrame:
    """These events of users but those that are taken back."""
    if retractions.is_empty():
        return users
    return users.join(retractions, on=("user", "movie", "at"), how="anti", maintain_order="left")


def rejects_of(rows: pl.DataFrame) -> pa.Table:
    """The rows of `rejects`: the original bytes, where they were, and which rule they broke."""
    return table(rows.with_columns(value=pl.col("bytes")), SCHEMAS["rejects"])


def movies_of(rows: pl.DataFrame) -> pa.Table:
    """The rows of `movies`: enriched facts, one row per movie with the last that was said of each fact."""
    if rows.is_empty():
        return SCHEMAS["movies"].empty_table()
    facts = enrich(rows.select("movie", *PLACE, "at", "facts").unnest("facts"))
    return table(merge_facts(facts.sort(PLACE)), SCHEMAS["movies"])


def asked_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Which users are to be erased, where and when that was said, and by which event."""
    asked = rows.filter(pl.col("accepted") & (pl.col("type") == "erase"))
    return asked.select("user", *PLACE, "appended", "id")


def erasures_of(asked: pl.DataFrame) -> pa.Table:
    """The rows of `erasures`: what `without_erased` needs, and no name."""
    who = pl.Series(digests_of(asked["user"]), dtype=pl.Binary)
    return table(asked.with_columns(who=who), SCHEMAS["erasures"])


def without_erased(rows: pl.DataFrame, erasures: pl.DataFrame | None) -> pl.DataFrame:
    """`rows` but those of users who were erased in another partition, later than the row was appended.

    Partitions are read at their own pace: what was said before an erasure may be read long after it.
    """
    if erasures is None or erasures.is_empty():
        return rows
    whose = rows.select(whose=_WHOSE).to_series()
    names = whose.drop_nulls().unique()
    known = pl.DataFrame(
        {"whose": names, "who": digests_of(names)}, schema={"whose": pl.String, "who": pl.Binary}
    )
    bounds = erasures.select("who", own="partition", until="appended").join(known, on="who")
    late = rows.select(*PLACE, "appended").with_columns(whose=whose).join(bounds, on="whose")
    late = late.filter((pl.col("partition") != pl.col("own")) & (pl.col("appended") < pl.col("until")))
    return rows.join(late.select(PLACE), on=PLACE, how="anti", maintain_order="left")


def reach_of(asked: pl.DataFrame, rows: pl.DataFrame, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """Up to where each user is to be forgotten, in every partition of `rows` and `known` retractions.

    In the partition of the erasure that is its own place, elsewhere what carries an earlier moment. Reads
    of `rows` the partition, offset and appended.
    """
    if asked.is_empty():
        return pl.DataFrame(schema={"value": pl.String, "partition": pl.Int32, "offset": pl.Int64})
    if known is not None:
        theirs = known.filter(pl.col("user").is_in(asked["user"].implode()))
        rows = pl.concat([each.select(*PLACE, "appended") for each in (rows, theirs)])
    own = asked.select("partition", "offset", value="user")
    bounds = pl.concat([own, _appended_before(asked, rows)], how="diagonal")
    return furthest_bounds(bounds)


def furthest_bounds(bounds: pl.DataFrame) -> pl.DataFrame:
    """Of the bounds of each user and partition the greatest."""
    found = bounds.group_by("value", "partition").agg(pl.col("offset").max())
    return found.sort("value", "partition")


def _appended_before(asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """For each erasure and partition but its own, the last offset in the batch with an earlier moment."""
    erased = asked.select("appended", value="user", own="partition")
    others = erased.join(rows.select("partition").unique(), how="cross")
    others = others.filter(pl.col("partition") != pl.col("own")).sort("appended")
    moments = rows.select(*PLACE, "appended").sort("appended")
    moments = moments.with_columns(pl.col("offset").cum_max().over("partition"))
    found = others.join_asof(
        moments, on="appended", by="partition", allow_exact_matches=False, check_sortedness=False
    )
    return found.drop_nulls("offset").select("value", *PLACE)


def without(rows: pl.DataFrame, reach: pl.DataFrame, whose: pl.Expr = _WHOSE) -> pl.DataFrame:
    """`rows` but those that an erasure reaches: of that user, or rejected with that key."""
    if reach.is_empty():
        return rows
    bounds = reach.rename({"value": "whose", "offset": "upto"})
    joined = rows.with_columns(whose=whose).join(
        bounds, on=["whose", "partition"], how="left", maintain_order="left"
    )
    reached = (pl.col("offset") <= pl.col("upto")).fill_null(value=False)
    return joined.filter(~reached).drop("whose", "upto")
