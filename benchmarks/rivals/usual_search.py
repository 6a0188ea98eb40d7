"""The usual autocomplete: FastAPI over a SQLite table of titles, asked with LIKE.

Written as well as such an endpoint is: the table is in memory, a word may be anywhere in the title, all words
must be there, the most rated movies come first, and uvicorn runs uvloop and httptools. It forgives neither a
typo nor an accent.

`python -m benchmarks.rivals.usual_search MOVIELENS --port 8001 --workers 2`.
"""

import os
import sqlite3
from pathlib import Path

import click
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks import movielens
from benchmarks.rivals.usual import serve

MOVIELENS = "USUAL_MOVIELENS"
"""The environment variable by which worker processes find the data set."""


class Found(BaseModel):
    """A movie that was found."""

    movie: str
    title: str
    genres: str


def create_app() -> FastAPI:
    """The application, over the movies of the data set that the environment names."""
    titles = _table(Path(os.environ[MOVIELENS]))
    app = FastAPI(title="The usual autocomplete")

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/movies")
    async def search(q: str, k: int = 10) -> list[Found]:
        words = q.split()
        every = " AND ".join(["title LIKE ?"] * len(words)) or "1"
        query = f"SELECT movie, title, genres FROM movies WHERE {every} ORDER BY ratings DESC LIMIT ?"
        rows = titles.execute(query, (*(f"%{word}%" for word in words), k))
        return [Found(movie=movie, title=title, genres=genres) for movie, title, genres in rows]

    return app


def _table(path: Path) -> sqlite3.Connection:
    ratings, movies = movielens.read(path)
    counts = dict(ratings["movie"].value_counts().iter_rows())
    titles = sqlite3.connect(":memory:", check_same_thread=False)
    titles.execute("CREATE TABLE movies (movie TEXT, title TEXT, genres TEXT, ratings INTEGER)")
    rows = ((movie, *rest, counts.get(movie, 0)) for movie, *rest in movies.iter_rows())
    titles.executemany("INSERT INTO movies VALUES (?, ?, ?, ?)", rows)
    return titles


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--port", default=8001)
@click.option("--workers", default=1)
def main(source: Path, port: int, workers: int) -> None:
    """Serve the titles of the MovieLens at SOURCE."""
    os.environ[MOVIELENS] = str(source)
    serve("usual_search", port, workers)


if __name__ == "__main__":
    main()
