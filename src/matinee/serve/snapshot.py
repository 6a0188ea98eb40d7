"""The live state as the lake has it: where a process starts, before it follows the log's tail."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from matinee.events.types import Facts
from matinee.lake.delta import Lake
from matinee.lake.movies import facts_of
from matinee.log.base import Position
from matinee.serve.live import LiveState
from matinee.serve.moments import REMEMBERED

_PART = 2_000_000
"""About so many events are read at once."""
_EVENT_COLUMNS = ["partition", "offset", "user", "movie", "type", "value", "at"]


def restore(lake: Lake) -> LiveState:
    """A live state of everything that the lake has committed, at the position from which to read on.

    Rows committed while this reads are left to the log's tail, so that none is counted twice. The stream
    commits `events` last, so what it has committed there is in the other tables too.
    """
    position = lake.committed("events")
    n = -(-sum(offset + 1 for offset in position) // _PART)
    parts = (_part(lake, position, number, n) for number in range(n))
    live = LiveState()
    live.restore(parts, lake_movies(lake))
    live.position = position
    if len(position) > 1:
        live.remember(_appended_lately(lake, position), lake.read("erasures", where=_covered(position)))
    return live


def _part(lake: Lake, position: Position, number: int, n: int) -> pl.DataFrame:
    """The events of one of `n` parts of the users, up to `position`."""
    own = pl.col("user").hash(0) % n == number
    return lake.read("events", columns=_EVENT_COLUMNS, where=_covered(position) & own)


def _appended_lately(lake: Lake, position: Position) -> pl.DataFrame:
    """Where each moment begins of those that an erasure to come may have to be compared with."""
    places = lake.scan("events").filter(_covered(position)).select("partition", "offset", "appended")
    newest = pl.lit(lake.collect(places.select(pl.col("appended").max()))["appended"])
    lately = places.filter(pl.col("appended") > newest - timedelta(microseconds=REMEMBERED))
    return lake.collect(lately.group_by("partition", "appended").agg(pl.col("offset").min()))


def _covered(position: Position) -> pl.Expr:
    last = pl.col("partition").replace_strict(dict(enumerate(position)), default=-1, return_dtype=pl.Int64)
    return pl.col("offset") <= last


def lake_movies(lake: Lake) -> Iterator[tuple[str, Facts]]:
    """Every movie of the lake with its facts."""
    return facts_of(lake.read("movies", columns=["movie", *Facts.__struct_fields__]))
