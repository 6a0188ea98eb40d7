"""Frames of the lake to train on."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from matinee.lake.delta import empty

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = pl.Schema(
    [
        ("partition", pl.Int32()),
        ("offset", pl.Int64()),
        ("user", pl.String()),
        ("movie", pl.String()),
        ("strength", pl.Float32()),
        ("at", pl.Datetime("us", "UTC")),
    ]
)


def events(*rows) -> pl.DataFrame:
    """Rows of (user, movie, strength, hours after the start), in the order of the log."""
    full = [
        (0, offset, user, movie, strength, START + timedelta(hours=hours))
        for offset, (user, movie, strength, hours) in enumerate(rows)
    ]
    return pl.DataFrame(full, SCHEMA, orient="row")


def lives(n_users: int = 120, n_movies: int = 30, seed: int = 0) -> pl.DataFrame:
    """Users who each go through the movies of one genre in order, starting anywhere, now and then astray."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        hours, movie = float(rng.uniform(0, 1000)), int(rng.integers(n_movies))
        for _ in range(int(rng.integers(5, 10))):
            strength = 1.0 if rng.random() < 0.8 else -0.5
            rows.append((f"u{user:03}", f"m{movie:02}", strength, hours))
            hours += float(rng.uniform(0.1, 30))
            movie = (movie + 3) % n_movies if rng.random() < 0.8 else int(rng.integers(n_movies))
    return events(*sorted(rows, key=lambda row: row[3]))


def movies(n_movies: int = 32) -> pl.DataFrame:
    """What the lake knows of the movies, two more than have events."""
    told = pl.DataFrame(
        {
            "movie": [f"m{movie:02}" for movie in range(n_movies)],
            "title": [f"Film {movie % 3}" for movie in range(n_movies)],
            "year": [1990] * n_movies,
            "genres": [[("Drama", "Comedy", "Horror")[movie % 3]] for movie in range(n_movies)],
        }
    )
    return pl.concat([empty("movies"), told], how="diagonal_relaxed")


class Lake:
    """A lake of two frames."""

    def __init__(self, interactions: pl.DataFrame, movies: pl.DataFrame) -> None:
        self.tables = {"interactions": interactions, "movies": movies}

    def version(self, table):
        return 5

    def read(self, table, *, columns=None, version=None):
        frame = self.tables[table]
        return frame.select(columns) if columns else frame
