"""The live state as the lake has it: where a process starts, before it follows the log's tail."""

from collections.abc import Iterator

import polars as pl

from matinee.events.types import Facts
from matinee.lake.delta import Lake
from matinee.lake.movies import facts_of
from matinee.log.base import Position
from matinee.serve.live import LiveState

_EVENT_COLUMNS = ["partition", "offset", "user", "movie", "type", "value", "at"]


def restore(lake: Lake) -> LiveState:
    """A live state of everything that the lake has committed, at the position from which to read on.

    Rows committed while this reads are left to the log's tail, so that none is counted twice. The stream
    commits `events` last, so what it has committed there is in the other tables too.
    """
    position = lake.committed("events")
    events = lake.read("events", columns=_EVENT_COLUMNS).filter(_covered(position))
    live = LiveState()
    live.restore(events, lake_movies(lake))
    live.position = position
    return live


def _covered(position: Position) -> pl.Expr:
    last = pl.col("partition").replace_strict(dict(enumerate(position)), default=-1, return_dtype=pl.Int64)
    return pl.col("offset") <= last


def lake_movies(lake: Lake) -> Iterator[tuple[str, Facts]]:
    """Every movie of the lake with its facts."""
    return facts_of(lake.read("movies", columns=["movie", *Facts.__struct_fields__]))
