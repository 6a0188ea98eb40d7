"""The usual recommendation service: FastAPI in front of a pickled `implicit` ALS model.

Written as well as such a service is: answers come straight from memory, the routes that only compute are
`async` (no thread hop), BLAS has one thread, uvicorn runs uvloop and httptools. Known users get their own
list with seen movies left out, unknown ones the popular list. It has a cache of nothing, as has Matinee.
Events are validated by pydantic, appended to a file of JSON lines and synced before the answer; they
change no recommendation until someone retrains.

`python -m benchmarks.rivals.usual FOLDER --port 8001 --workers 2`, with what `train` left in FOLDER.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
import uvicorn
from fastapi import FastAPI
from implicit.als import AlternatingLeastSquares
from pydantic import BaseModel
from threadpoolctl import threadpool_limits

from benchmarks.rivals.train import load

FOLDER = "USUAL_FOLDER"
"""The environment variable by which worker processes find the model."""


class Reason(BaseModel):
    """A movie of the user's past and what it gave to the score."""

    movie: str
    title: str
    weight: float


class Recommendation(BaseModel):
    """One place of a list."""

    movie: str
    title: str
    score: float
    reasons: list[Reason] = []


class Recommendations(BaseModel):
    """A list of recommendations."""

    user: str
    kind: Literal["personal", "popular"]
    recommendations: list[Recommendation]


class Event(BaseModel):
    """What someone did."""

    id: str
    type: Literal["view", "like", "dislike", "rating", "review"]
    user: str
    movie: str
    value: float | None = None
    at: datetime | None = None


class Service:
    """The model in memory, and the file that events go to."""

    def __init__(self, folder: Path) -> None:
        trained = load(folder)
        self._model: AlternatingLeastSquares = trained.model
        self._user_items = trained.user_items
        self._rows = {user: row for row, user in enumerate(trained.users)}
        self._movies, self._titles = trained.movies, trained.titles
        self._popular = np.bincount(trained.user_items.indices, minlength=len(trained.movies))
        self._best = np.argsort(-self._popular, kind="stable")
        self._events = (folder / "events.jsonl").open("ab", buffering=0)

    def recommend(self, user: str, k: int, *, explain: bool) -> Recommendations:
        """The best `k` unseen movies of a known user; the popular ones for anyone else."""
        row = self._rows.get(user)
        if row is None:
            columns = self._best[:k]
            listed = self._listed(columns, self._popular[columns])
            return Recommendations(user=user, kind="popular", recommendations=list(listed))
        history = self._user_items[row]
        columns, scores = self._model.recommend(row, history, N=k, filter_already_liked_items=True)
        found = list(self._listed(columns, scores))
        if explain:
            self._explain(row, columns, found)
        return Recommendations(user=user, kind="personal", recommendations=found)

    def _listed(self, columns: Iterable[int], scores: Iterable[float]) -> Iterable[Recommendation]:
        for column, score in zip(columns, scores, strict=True):
            yield Recommendation(movie=self._movies[column], title=self._titles[column], score=score)

    def _explain(self, row: int, columns: Iterable[int], found: list[Recommendation]) -> None:
        """Add the three strongest reasons of each; the user's factorised system is shared, as documented."""
        weights: Any = None
        for column, recommendation in zip(columns, found, strict=True):
            _, top, weights = self._model.explain(row, self._user_items, column, weights, N=3)
            recommendation.reasons = [
                Reason(movie=self._movies[past], title=self._titles[past], weight=weight)
                for past, weight in top
            ]

    def append(self, events: list[Event]) -> None:
        """Add `events` to the file, and return when they would survive a power cut."""
        lines = b"".join(event.__pydantic_serializer__.to_json(event) + b"\n" for event in events)
        self._events.write(lines)
        os.fsync(self._events.fileno())


def create_app() -> FastAPI:
    """The application, with the model of the folder that the environment names."""
    threadpool_limits(1, "blas")
    service = Service(Path(os.environ[FOLDER]))
    app = FastAPI(title="The usual recommendation service")

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/users/{user}/recommendations")
    async def recommendations(user: str, k: int = 10, explain: bool = False) -> Recommendations:
        return service.recommend(user, k, explain=explain)

    @app.post("/events", status_code=202)
    def events(events: list[Event]) -> dict[str, int]:
        service.append(events)
        return {"accepted": len(events)}

    return app


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", default=8001)
@click.option("--workers", default=1)
def main(folder: Path, port: int, workers: int) -> None:
    """Serve the model in FOLDER."""
    os.environ[FOLDER] = str(folder)
    serve("usual", port, workers)


def serve(name: str, port: int, workers: int) -> None:
    """Run the application that `create_app` of the rival `name` makes, as quickly as uvicorn can."""
    uvicorn.run(
        f"benchmarks.rivals.{name}:create_app",
        factory=True,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
