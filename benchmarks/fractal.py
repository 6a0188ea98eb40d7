"""A synthetic MovieLens of any size: `python -m benchmarks.fractal --data ml-1m.zip --out FOLDER`.

The folder has the layout of ml-20m, so that whatever takes a MovieLens takes it. That it is synthetic is
said by its README, by every title and by the ids. How it is made: `benchmarks/expansion.py`.
"""

import shutil
from pathlib import Path

import click
import polars as pl

from benchmarks import movielens
from benchmarks.errors import BenchmarkError
from benchmarks.expansion import IDS, Size, expanded
from benchmarks.shape import shape, table

_README = """\
# Synthetic: {size.events:,} ratings of {size.movies:,} movies by {size.users:,} users

No person rated any of this. It is a randomised fractal expansion of {name}, made to measure speed and
memory by, with the sequences, the skew and the calendar of the original. Ids from {ids:,} on, and
"(synthetic N)" in the titles, say so too. Figures of quality on it are no figures of quality on people: which
copy of a movie is rated is chance, so they are lower, and what it costs to leave out rare movies is less.

    python -m benchmarks.fractal --data {path} --out {out} \\
        --events {size.events} --users {size.users} --movies {size.movies} --seed {seed}

{table}

It is derived from {name}: the conditions of GroupLens for that hold for it too.
"""


@click.command()
@click.option(
    "--data", envvar="MATINEE_ML1M", type=click.Path(exists=True, path_type=Path), help="MovieLens to expand."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to make.")
@click.option("--events", default=20_000_000, show_default=True, type=click.IntRange(1))
@click.option("--users", default=138_000, show_default=True, type=click.IntRange(1))
@click.option("--movies", default=27_000, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
def main(data: Path | None, out: Path, events: int, users: int, movies: int, seed: int) -> None:
    """Make a synthetic MovieLens of exactly this size, and print what it is like beside the original."""
    try:
        click.echo(make(movielens.find(data), out, Size(events, users, movies), seed))
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error


def make(source: Path, out: Path, size: Size, seed: int = 0) -> str:
    """Make `out` of the MovieLens at `source`; return what it is like, in Markdown. Whole or not there.

    Raises BenchmarkError when `out` is there already or no such data set can be made.
    """
    if out.exists():
        raise BenchmarkError(f"{out} is there already; remove it, or name another folder")
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    given = movielens.read(source)
    _write(part, given, size, seed)
    name = source.stem
    figures = table({name: shape(given.ratings), f"{out.name} (synthetic)": shape(_read(part))})
    readme = _README.format(
        size=size, name=name, ids=IDS, path=source.name, out=out.name, seed=seed, table=figures
    )
    (part / "README.md").write_text(readme, encoding="utf-8")
    part.rename(out)
    return figures


def _write(folder: Path, given: movielens.MovieLens, size: Size, seed: int) -> None:
    movies, ratings = expanded(given, size, seed)
    movies.write_csv(folder / "movies.csv")
    with (folder / "ratings.csv").open("wb") as file:
        for number, block in enumerate(ratings):
            block.write_csv(file, include_header=number == 0)


def _read(folder: Path) -> pl.DataFrame:
    """The ratings as they were written, narrow: it is as many as there may be."""
    names = {"userId": "user", "movieId": "movie", "timestamp": "at"}
    rows = pl.scan_csv(folder / "ratings.csv", schema_overrides=dict.fromkeys(names, pl.Int32))
    return rows.select(*names).rename(names).collect(engine="streaming")


if __name__ == "__main__":
    main()
