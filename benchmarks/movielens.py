"""MovieLens as the rival and the load generator need it: its ratings and titles, nothing else."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.errors import BenchmarkError
from benchmarks.machine import CHECKOUT

_PLACES = (CHECKOUT.parent / "shared/data/ml-1m/ml-1m.zip", CHECKOUT / "data/ml-latest-small")


class MovieLens(NamedTuple):
    """`ratings`: user, movie, value, at, in order of time; `movies`: movie, title, genres. Ids are text."""

    ratings: pl.DataFrame
    movies: pl.DataFrame


def find(path: Path | None) -> Path:
    """The data set to measure on: `path`, or ml-1m when it is at hand, or the small one of the checkout."""
    for place in [path] if path else _PLACES:
        if place.exists():
            return place
    raise BenchmarkError(f"no MovieLens at {path or _PLACES[-1]}; name one with --data")


def read(path: Path) -> MovieLens:
    """The data set at `path`: ml-1m (`.dat`) or a newer one (`.csv`), as a folder or a zip."""
    table = _csv if _names(path, "ratings.csv") else _dat
    ratings = table(path, "ratings", ("user", "movie", "value", "at"))
    movies = table(path, "movies", ("movie", "title", "genres"))
    return MovieLens(
        ratings.with_columns(pl.col("value").cast(pl.Float32), pl.col("at").cast(pl.Int64)).sort(
            "at", "user", maintain_order=True
        ),
        movies,
    )


def _csv(path: Path, name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    frame = pl.read_csv(_content(path, f"{name}.csv"), infer_schema=False)
    return frame.rename(dict(zip(frame.columns, columns, strict=True)))


def _dat(path: Path, name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    lines = pl.Series(_content(path, f"{name}.dat").decode("latin-1").splitlines())
    fields = lines.str.split_exact("::", len(columns) - 1).struct.rename_fields(columns)
    return fields.struct.unnest()


def _names(path: Path, name: str) -> list[str]:
    if path.is_dir():
        return [str(found) for found in path.rglob(name)]
    with zipfile.ZipFile(path) as archive:
        return [each for each in archive.namelist() if each.rpartition("/")[2] == name]


def _content(path: Path, name: str) -> bytes:
    names = _names(path, name)
    if not names:
        raise BenchmarkError(f"no {name} in {path}")
    if path.is_dir():
        return Path(names[0]).read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(names[0])
