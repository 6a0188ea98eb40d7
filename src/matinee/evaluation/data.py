"""What is evaluated on: events in the order of their file or log, the facts of movies, and a checksum."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from matinee.errors import TrainingError
from matinee.events.codec import encode
from matinee.events.meaning import strength_column
from matinee.events.types import Facts
from matinee.lake.movies import facts_of
from matinee.lake.tables import TableName
from matinee.progress import Progress, silent
from matinee.sources.load import read_tables

STARS = pl.when(pl.col("type").is_in(["rating", "review"])).then(pl.col("value")).alias("value")
"""The stars of the lake's events by their `type` and `value`, null where none."""
_COLUMNS = ("user", "movie", "value", "strength", "at")
_ROWS = 1_000_000


class Data(NamedTuple):
    """`events` has user, movie, value (stars, null where none), strength and at (UTC microseconds).

    Its rows are in the order of the file, or of the log. The same events and facts have the same `sha256`.
    """

    name: str
    events: pl.DataFrame
    facts: Mapping[str, Facts]
    sha256: str
    signed: bool = False
    """Whether strengths are those of production; else a rating is one, however many stars it has."""

    @property
    def about(self) -> dict[str, Any]:
        """What a result says of them."""
        n = self.events.height
        return {"name": self.name, "events": n, "signed": self.signed, "sha256": self.sha256}


class ReadableLake(Protocol):
    """What evaluation needs of the lake: a table as a Polars frame."""

    def read(
        self, table: TableName, *, version: int | None = None, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """The rows of `table`."""
        ...


def read_movielens(path: str | Path, *, signed: bool = False, progress: Progress | None = None) -> Data:
    """The MovieLens at `path`, in any layout, as a folder or a zip.

    A rating is an event of strength 1, however many stars it has, as in the published protocols; or, with
    `signed`, of the strength that its stars have in production. Tags are left out of the facts: people wrote
    them at any time, after the cut too. Raises SourceError when there are no ratings.
    """
    ratings, facts = read_tables(path, progress or silent)
    strength = strength_column() if signed else pl.lit(1.0, pl.Float32).alias("strength")
    events = ratings.with_columns(
        pl.col("movie").cast(pl.String), at=pl.col("seconds") * 1_000_000, type=pl.lit("rating")
    )
    events = events.with_columns(strength).select(_COLUMNS)
    return Data(Path(path).absolute().name, events, facts, checksum(events, facts), signed)


def read_lake(lake: ReadableLake) -> Data:
    """The lake's own events, in the order of the log, with the signed strengths that they have there.

    Raises TrainingError when it has none.
    """
    rows = lake.read("interactions").sort("partition", "offset")
    if rows.is_empty():
        raise TrainingError(
            "no interactions in the lake yet: give the path of a MovieLens, or load or send events; "
            "matinee stream (or matinee up) brings them"
        )
    at = pl.col("at").to_physical().cast(pl.Int64)
    events = rows.with_columns(STARS, at).select(_COLUMNS)
    facts = dict(facts_of(lake.read("movies")))
    return Data("lake", events, facts, checksum(events, facts), signed=True)


def checksum(events: pl.DataFrame, facts: Mapping[str, Facts]) -> str:
    """SHA-256 of the events in their order, as CSV without a header, and of the facts as JSON lines."""
    digest = hashlib.sha256()
    for piece in _pieces(events, facts):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(events: pl.DataFrame, facts: Mapping[str, Facts]) -> Iterator[bytes]:
    for rows in events.select(_COLUMNS).iter_slices(_ROWS):
        yield rows.write_csv(include_header=False).encode()
    for movie in sorted(facts):
        yield encode([movie, facts[movie]]) + b"\n"
