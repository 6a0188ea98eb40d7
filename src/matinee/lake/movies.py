"""How a movie's row comes about: the latest of every fact, and the description that follows from them."""

import polars as pl

FACTS = (
    "title",
    "year",
    "genres",
    "overview",
    "tags",
    "language",
    "released",
    "runtime",
    "votes",
    "vote_average",
    "popularity",
    "votes_score",
    "popularity_score",
    "poster",
    "imdb",
    "tmdb",
    "hidden",
)
"""The columns of `movies` that an event gives, or leaves as they were when it has null there."""


def merge_facts(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per movie out of rows in the order they were said: of every fact the last that is not null.

    `partition`, `offset` and `at` are those of the last row; `description` is the title and overview
    that result. Merging twice, or in pieces, gives the same.
    """
    latest = [pl.col(name).drop_nulls().last() for name in FACTS]
    place = [pl.col(name).last() for name in ("partition", "offset", "at")]
    merged = rows.group_by("movie", maintain_order=True).agg(*latest, *place)
    return merged.with_columns(_description())


def _description() -> pl.Expr:
    both = pl.concat_str(pl.col("title", "overview"), separator=" ", ignore_nulls=True).str.strip_chars()
    return pl.when(both != "").then(both).alias("description")
