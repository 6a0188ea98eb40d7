"""A small world for tests of serving: events in a live state, and a model simple enough to check by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from matinee.events.codec import encode
from matinee.events.topics import TOPICS, key
from matinee.events.types import Event, Facts
from matinee.log.base import Entry, Listed, Position
from matinee.models.base import Floats, Folded, History, Ints
from matinee.serve.live import LiveState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class PairModel:
    """Scores are sums over past events of `strength * alike[event, movie]`, plus a prior per movie."""

    def __init__(self, n_movies: int, seed: int = 0) -> None:
        self.seed = seed
        self.alike = (
            np.random.default_rng(seed).normal(size=(100, 100)).astype(np.float32)[:n_movies, :n_movies]
        )
        self.prior = np.random.default_rng(seed + 1).normal(size=100).astype(np.float32)[:n_movies]

    def state(self, history: History) -> list[tuple[int, float]]:
        return list(zip(history.columns.tolist(), history.strengths.tolist(), strict=True))

    def fold_in(self, state: list[tuple[int, float]], event: Folded) -> list[tuple[int, float]]:
        return [*state, (event.column, event.strength)]

    def scores(self, state: list[tuple[int, float]], at: int | None = None) -> Floats:
        scores = self.prior.copy()
        for column, strength in state:
            scores += np.float32(strength) * self.alike[column]
        return scores

    def base(self, state: list[tuple[int, float]], at: int | None = None) -> Floats:
        base: Floats = self.prior.copy()
        return base

    def phase(self, state: list[tuple[int, float]], at: int | None = None) -> int:
        return 0

    def similar(self, column: int) -> Floats:
        alike: Floats = self.alike[column].copy()
        return alike

    def similar_audience(self, column: int) -> Floats:
        return -self.similar(column)

    def similar_content(self, column: int) -> Floats:
        return np.abs(self.similar(column))

    def state_bytes(self) -> int:
        return 100

    def popular(self) -> Floats:
        popular: Floats = self.prior.copy()
        return popular

    def is_new(self, column: int) -> bool:
        return False

    def taste(self, history: History) -> Floats:
        """The mean of the vectors of what was liked, brought to length 1."""
        taste: Floats = history.strengths @ self.alike[history.columns, :8]
        taste /= max(float(np.linalg.norm(taste)), 1e-6)
        return taste

    def appeal(self, column: int) -> Floats:
        appeal: Floats = self.alike[column, :8]
        return appeal

    def explain(
        self, state: list[tuple[int, float]], history: History, columns: Ints, at: int | None = None
    ) -> Floats:
        gave: Floats = history.strengths[:, None] * self.alike[history.columns][:, columns]
        return gave

    def with_movies(self, movies: Sequence[tuple[str, Facts]]) -> "PairModel":
        return PairModel(len(self.prior) + len(movies), self.seed)

    def arrays(self) -> Mapping[str, Any]:
        return {"alike": self.alike, "prior": self.prior}

    def settings(self) -> Mapping[str, Any]:
        return {}


def batch(events: Sequence[Event], start: int = 0) -> Listed:
    """What the log would give for these events, the first at offset `start + 1`."""
    entries = [
        Entry(
            0,
            start + place,
            int(NOON.timestamp() * 1e6),
            TOPICS[event.type],
            key(event),
            event.id,
            encode(event),
        )
        for place, event in enumerate(events, 1)
    ]
    return Listed(entries, Position((start + len(events),)))


def told(movie: str, **facts: Any) -> Event:
    """A movie event."""
    return Event(id=f"about-{movie}", type="movie", movie=movie, at=NOON, facts=Facts(title=movie, **facts))


def liked(user: str, movie: str, minute: int = 0) -> Event:
    """A like at so many minutes after noon."""
    at = NOON + timedelta(minutes=minute)
    return Event(id=f"{user}-{movie}-{minute}", type="like", user=user, movie=movie, at=at)


def world(n_movies: int = 12) -> LiveState:
    """A live state that knows movies m0, m1, …; the even ones are comedies, each of its own year."""
    live = LiveState()
    movies = [
        told(f"m{n}", year=1990 + n, genres=("Comedy",) if n % 2 == 0 else ("Drama",))
        for n in range(n_movies)
    ]
    live.take(batch([liked("first", "m0"), *movies]))
    return live
