"""What the stream adds to a movie's facts. Per event and by fixed constants, so that it is a pure function.

| column | from |
|---|---|
| year | the year of release, when the event gives a date and no year, from 1870 to 2200 |
| genres | each name alone, also out of "Action|Comedy"; no blanks, doubles, "(no genres listed)"; 50 |
| votes_score | log(1 + votes) / log(1 + 50,000), at most 1 |
| popularity_score | log(1 + popularity) / log(1 + 1,000), at most 1 |
"""

import math

import polars as pl

from matinee.events.meaning import NO_GENRES, SPACE
from matinee.events.types import EARLIEST_YEAR, LATEST_YEAR, MOST_GENRES

VOTES_FULL = 50_000
"""Votes from which the score is 1: beyond the most voted movies of TMDB (Inception, 37,000)."""
POPULARITY_FULL = 1_000
"""TMDB's popularity from which the score is 1: a few premieres a year go beyond."""


def enrich(facts: pl.DataFrame) -> pl.DataFrame:
    """`facts`, one row per event, with the columns of the table above; a fact not given stays null.

    Year and genres are those of `matinee.events.meaning.enriched`.
    """
    released = pl.col("released").dt.year()
    return facts.with_columns(
        year=pl.coalesce("year", pl.when(released.is_between(EARLIEST_YEAR, LATEST_YEAR)).then(released)),
        genres=flat(pl.col("genres")),
        votes_score=log_score(pl.col("votes"), VOTES_FULL),
        popularity_score=log_score(pl.col("popularity"), POPULARITY_FULL),
    )


def flat(genres: pl.Expr) -> pl.Expr:
    """A list of genres in which each name stands alone, in the order given: the first 50."""
    names = genres.list.join("|").str.replace_all(",", "|", literal=True).str.split("|")
    clean = names.list.eval(pl.element().str.strip_chars(SPACE))
    wanted = clean.list.eval(pl.element().filter((pl.element() != "") & (pl.element() != NO_GENRES)))
    return wanted.list.unique(maintain_order=True).list.head(MOST_GENRES)


def log_score(count: pl.Expr, full: float) -> pl.Expr:
    """`count` from 0 up on a logarithmic scale: 0 is 0, `full` and more is 1; to six decimals.

    The last bits of a logarithm differ with the length of the batch, as vector and scalar code do.
    """
    return (count.cast(pl.Float64).log1p() / math.log1p(full)).clip(0.0, 1.0).round(6)
