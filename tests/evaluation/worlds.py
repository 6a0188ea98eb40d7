"""Data to evaluate on: a small world in which there is order, and MovieLens 1M where it is at hand."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from matinee.evaluation.data import Data, checksum
from matinee.events.types import Facts
from tests.training import worlds

ML1M = Path(os.environ.get("MATINEE_ML1M", Path(__file__).parents[3] / "shared/data/ml-1m/ml-1m.zip"))
needs_ml1m = pytest.mark.skipif(
    not ML1M.exists(), reason=f"MovieLens 1M is not at {ML1M}; set MATINEE_ML1M to ml-1m.zip"
)


def facts(n_movies: int = 30) -> dict[str, Facts]:
    """Every movie speaks of the one that people go on to."""
    genres = ("Drama", "Comedy", "Horror")
    return {
        f"m{movie:02}": Facts(
            title=f"Film {movie % 3}",
            overview=" ".join(_word(movie + step) for step in (0, 3, 6)),
            genres=(genres[movie % 3],),
        )
        for movie in range(n_movies)
    }


def _word(number: int) -> str:
    return "part" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def data(events: pl.DataFrame, known: dict[str, Facts] | None = None) -> Data:
    """Data of a frame of `tests.training.worlds`, its stars drawn by a fixed seed."""
    stars = np.random.default_rng(0).integers(1, 11, events.height) / 2
    frame = events.with_columns(value=pl.Series(stars), at=pl.col("at").to_physical().cast(pl.Int64))
    frame = frame.select("user", "movie", "value", "strength", "at")
    return Data("world", frame, known or {}, checksum(frame, known or {}))


def lives(n_users: int = 120, n_movies: int = 30) -> Data:
    """Long enough lives for every protocol."""
    parts = [worlds.lives(n_users, n_movies, seed) for seed in range(4)]
    frame = pl.concat(
        [part.with_columns(at=pl.col("at") + pl.duration(hours=300 * n)) for n, part in enumerate(parts)]
    )
    return data(frame.unique(["user", "movie"], keep="first", maintain_order=True), facts(n_movies))
