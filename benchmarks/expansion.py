"""A rating matrix made larger: a randomised fractal expansion that keeps sequences real.

After "Scalable Realistic Recommendation Datasets through Fractal Expansions" (Belletti et al. 2019): the
matrix R of who rated what is multiplied, in Kronecker's sense, by a reduced copy of itself, S. User u
becomes the users (a, u), movie m the movies (b, m), and an event (u, m) becomes one of (a, u) at (b, m), with
b drawn by the row S_a, or is left out.

Two things are not as in the paper. An event becomes at most one event of each user, but for the few that
give every movie its first: copies side by side would foretell each other. And the order and the times of a
user's events stay, so that a cut in time has all copies of an event on the same side of it.

Which copy of a movie an event is at is chance, and nothing can foresee it. So figures of quality are lower
than on people, above all for the rare copies: what it costs to leave rare movies out is understated.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.errors import BenchmarkError
from benchmarks.movielens import MovieLens

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CONCENTRATION = 2.0
"""The exponent of S: the higher, the more of the events are at the first movie blocks.

With 2 the 4,000 most popular of 27,000 movies have 93% of 20M events, and half of the movies at most 18: what
ml-20m is like.
"""
IDS = 1_000_000
"""Ids are (block + 1) times this and the original's: above all that MovieLens has."""
_UNEVEN = 0.5
"""How differently users are thinned: the standard deviation of the logarithm of their weights."""
_LATER = 3600
"""A user's events are all later than the original's, by less than so many seconds."""
_YEAR = re.compile(r"\s*(\(\d{4}\))?\s*$")


class Size(NamedTuple):
    """How much is made, exactly; every user and every movie has an event."""

    events: int
    users: int
    movies: int


class Matrix(NamedTuple):
    """R as events, each user's together and in order of time; arrays of shape (events,) but for the ids."""

    users: Ints
    """Rows from 0 on, never falling."""
    movies: Ints
    """Columns from 0 on, by falling popularity."""
    values: npt.NDArray[np.float32]
    at: Ints
    """Seconds since the epoch."""
    user_ids: Ints
    movie_ids: Ints

    @classmethod
    def of(cls, ratings: pl.DataFrame, size: Size, draw: np.random.Generator) -> Self:
        """R, or of an R larger than wanted some of the users and the most popular of the movies."""
        given = ratings.select(pl.col("user", "movie").cast(pl.Int64), "value", "at")
        users = given["user"].unique().sort()
        if size.users < len(users):
            users = users.gather(np.sort(draw.choice(len(users), size.users, replace=False)))
        given = given.filter(pl.col("user").is_in(users.implode()))
        popular = given.group_by("movie").len().sort(["len", "movie"], descending=[True, False])
        columns = popular.head(size.movies).select("movie").with_row_index("column")
        given = given.join(columns, on="movie", maintain_order="left").sort("user", "at", maintain_order=True)
        ids, rows = np.unique(given["user"].to_numpy(), return_inverse=True)
        if len(ids) < len(users):
            raise BenchmarkError(f"{size.movies:,} movies are too few: some users have rated none of them")
        columns_, values, at = (given[name].to_numpy() for name in ("column", "value", "at"))
        return cls(rows, columns_.astype(np.int64), values, at, ids, columns["movie"].to_numpy())


class Founding(NamedTuple):
    """One event for every movie (b, m): which of R, of which user block, and b."""

    events: Ints
    user_blocks: Ints
    movie_blocks: Ints


class Expanded(NamedTuple):
    """`movies` and `ratings` with the headers of MovieLens; a frame of ratings holds one user block."""

    movies: pl.DataFrame
    ratings: Iterator[pl.DataFrame]


def expanded(given: MovieLens, size: Size, seed: int) -> Expanded:
    """A data set of this size, made of `given`; the same seed gives the same.

    Raises BenchmarkError when there is none: too few users for the events, or too few events.
    """
    draw = np.random.default_rng(seed)
    matrix = Matrix.of(given.ratings, size, draw)
    return Expanded(_movies(given.movies, matrix.movie_ids, size.movies), _ratings(matrix, size, draw))


def _movies(listed: pl.DataFrame, ids: Ints, number: int) -> pl.DataFrame:
    """Block after block of the originals, their genres, and titles that say that they are synthetic."""
    blocks, columns = np.divmod(np.arange(number), len(ids))
    made = pl.DataFrame({"block": blocks + 1, "movie": ids[columns]})
    originals = listed.with_columns(pl.col("movie").cast(pl.Int64))
    rows = made.join(originals, on="movie", how="left", maintain_order="left")
    titles = [_title(*row) for row in rows.select("title", "block").iter_rows()]
    return rows.select(pl.col("block") * IDS + pl.col("movie"), pl.Series("title", titles), "genres").rename(
        {"block": "movieId"}
    )


def _title(title: str, block: int) -> str:
    """The title with the number of the block before the year.

    >>> _title("Heat (1995)", 3)
    'Heat (synthetic 3) (1995)'
    """
    return _YEAR.sub(rf" (synthetic {block}) \1", title, count=1).rstrip()


def _ratings(matrix: Matrix, size: Size, draw: np.random.Generator) -> Iterator[pl.DataFrame]:
    width = len(matrix.movie_ids)
    present = _present(matrix, size.users, draw)
    numbers = _shared_out(size.events, np.array([np.count_nonzero(each[matrix.users]) for each in present]))
    shares = reduced(matrix, len(present), -(-size.movies // width))
    founding = _founding(matrix, size, draw)
    for a, (users, number) in enumerate(zip(present, numbers.tolist(), strict=True)):
        own = founding.user_blocks == a
        first, first_blocks = founding.events[own], founding.movie_blocks[own]
        kept = _kept(matrix, users, number - len(first), first, draw)
        lacking = matrix.movies[kept] >= size.movies - (shares.shape[1] - 1) * width
        blocks = _movie_blocks(shares[a], lacking, draw)
        rows = np.concatenate([kept, first])
        yield _frame(matrix, a, rows, np.concatenate([blocks, first_blocks]), draw)


def reduced(matrix: Matrix, user_blocks: int, movie_blocks: int) -> Floats:
    """S: how much users of a group, by activity, rate movies of a group, by popularity.

    Shape (user_blocks, movie_blocks), to the power of CONCENTRATION; rows sum to 1.
    """
    activity = np.bincount(matrix.users)
    rank = np.empty_like(activity)
    rank[np.argsort(-activity, kind="stable")] = np.arange(len(activity))
    rows = rank[matrix.users] * user_blocks // len(activity)
    columns = matrix.movies * movie_blocks // len(matrix.movie_ids)
    counts = np.bincount(rows * movie_blocks + columns, minlength=user_blocks * movie_blocks)
    powers = (counts.reshape(user_blocks, movie_blocks) + 1.0) ** CONCENTRATION
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _present(matrix: Matrix, number: int, draw: np.random.Generator) -> list[Flags]:
    """For each user block which users it has: all, and in the last as many as are still wanted."""
    users = len(matrix.user_ids)
    whole, rest = divmod(number, users)
    some = np.isin(np.arange(users), draw.choice(users, rest, replace=False))
    return [np.ones(users, bool)] * whole + ([some] if rest else [])


def _shared_out(events: int, held: Ints) -> Ints:
    """`events` in parts that are in proportion to what each block has of R."""
    most = int(held.sum())
    if events > most:
        raise BenchmarkError(
            f"{events:,} events are too many: so many users have {most:,}; ask for more users"
        )
    bounds = np.round(np.cumsum(held) * (events / most)).astype(np.int64)
    return np.diff(bounds, prepend=0)


def _founding(matrix: Matrix, size: Size, draw: np.random.Generator) -> Founding:
    """For every (b, m) an event of m, in a user block that has all users."""
    blocks, columns = np.divmod(np.arange(size.movies), len(matrix.movie_ids))
    counts = np.bincount(matrix.movies)
    first = np.cumsum(counts) - counts
    places = first[columns] + draw.integers(counts[columns])
    user_blocks = draw.integers(size.users // len(matrix.user_ids), size=size.movies)
    return Founding(np.argsort(matrix.movies, kind="stable")[places], user_blocks, blocks)


def _kept(matrix: Matrix, present: Flags, number: int, taken: Ints, draw: np.random.Generator) -> Ints:
    """So many events of the users present, one of each at least, none of `taken`; places in R."""
    weights = draw.lognormal(sigma=_UNEVEN, size=len(matrix.user_ids))
    keys = draw.exponential(size=len(matrix.users)) / weights[matrix.users]
    keys[~present[matrix.users]] = np.inf
    keys[taken] = np.inf
    starts = np.flatnonzero(np.diff(matrix.users, prepend=-1))
    least = np.minimum.reduceat(keys, starts)[matrix.users]
    keys[(keys == least) & np.isfinite(keys)] = 0
    if number < max(int(np.count_nonzero(keys == 0)), 1):
        raise BenchmarkError("too few events for every user and every movie to have one; ask for more")
    return np.argpartition(keys, number - 1)[:number]


def _movie_blocks(shares: Floats, lacking: Flags, draw: np.random.Generator) -> Ints:
    """A movie block for each event, drawn by `shares`; not the last one where that lacks the movie."""
    below = np.cumsum(shares) / shares.sum()
    most = np.where(lacking, below[-2] if len(below) > 1 else 1, 1)
    return np.searchsorted(below[:-1], draw.random(len(lacking)) * most, side="right")


def _frame(
    matrix: Matrix, user_block: int, rows: Ints, movie_blocks: Ints, draw: np.random.Generator
) -> pl.DataFrame:
    order = np.lexsort((draw.random(len(rows)), rows))
    rows, movie_blocks = rows[order], movie_blocks[order]
    users = matrix.users[rows]
    later = draw.integers(_LATER, size=len(matrix.user_ids))
    return pl.DataFrame(
        {
            "userId": (user_block + 1) * IDS + matrix.user_ids[users],
            "movieId": (movie_blocks + 1) * IDS + matrix.movie_ids[matrix.movies[rows]],
            "rating": matrix.values[rows],
            "timestamp": matrix.at[rows] + later[users],
        }
    )
