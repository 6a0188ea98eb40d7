"""A tiny MovieLens to enlarge."""

import numpy as np
import polars as pl

from benchmarks.movielens import MovieLens

USERS, MOVIES = 12, 20


def movielens() -> MovieLens:
    """12 users with 8 to 16 ratings of 20 movies each, several in one second, in order of time."""
    draw = np.random.default_rng(1)
    rows = []
    for user in range(1, USERS + 1):
        chosen = draw.permutation(MOVIES)[: draw.integers(8, 17)] + 1
        at = 1_000_000_000 + draw.integers(10**7) + np.cumsum(draw.choice([0, 0, 20, 90_000], len(chosen)))
        rows += [(str(user), str(movie), 1.0 + movie % 5, at_) for movie, at_ in zip(chosen, at, strict=True)]
    types = {"user": pl.String, "movie": pl.String, "value": pl.Float32, "at": pl.Int64}
    ratings = pl.DataFrame(rows, types, orient="row").sort("at", "user", maintain_order=True)
    films = range(1, MOVIES + 1)
    listed = [(str(film), f"Film {film}, The (19{film + 40})", "Drama|War") for film in films]
    return MovieLens(ratings, pl.DataFrame(listed, ["movie", "title", "genres"], orient="row"))


def write(folder):
    """The same as a folder that has the layout of ml-1m."""
    folder.mkdir()
    ratings, movies = movielens()
    lines = [f"{user}::{movie}::{value:.0f}::{at}" for user, movie, value, at in ratings.iter_rows()]
    (folder / "ratings.dat").write_text("\n".join(lines))
    (folder / "movies.dat").write_text("\n".join("::".join(row) for row in movies.iter_rows()))
    return folder
