"""The port of the interactions store."""

from datetime import timedelta
from typing import Any, Literal, NamedTuple, Protocol, get_args

Window = Literal["5m", "1h", "1d", "7d"]
WINDOWS: tuple[Window, ...] = get_args(Window)
LENGTHS: dict[Window, timedelta] = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
TrendType = Literal["view", "like", "rating"]
TREND_TYPES: tuple[TrendType, ...] = get_args(TrendType)
COUNTS = 20
"""In how many equal parts of its window the events of a trend are counted."""
Chart = Literal[
    "events-per-minute",
    "likes-per-minute",
    "events-over-time",
    "taste-over-time",
    "long-tail",
    "movies-by-release-date",
    "genres",
    "languages",
    "top-popular",
    "top-votes",
    "average-rating-per-genre",
    "rating-distribution",
    "rejects",
]
CHARTS: tuple[Chart, ...] = get_args(Chart)
RANKED: frozenset[Chart] = frozenset(
    ("genres", "languages", "top-popular", "top-votes", "average-rating-per-genre", "rejects")
)
"""The charts that are lists, of which the first rows are enough."""


class Trend(NamedTuple):
    """A movie's place in a window: `events` of them in it, `before` in the window before it.

    `series` are the events of each twentieth of the window, the oldest first.
    """

    movie: str
    events: int
    before: int
    average: float | None
    series: tuple[int, ...]


class MovieFilter(NamedTuple):
    """Which movies a chart is of: those of which everything given is true, by default all.

    `genre` is in any case, `years` are the first and the last year of release, `language` is as the facts
    have it.
    """

    movie: str | None = None
    genre: str | None = None
    years: tuple[int, int] | None = None
    language: str | None = None


EVERY_MOVIE = MovieFilter()


class Interactions(Protocol):
    """Analytics. Safe to use from several threads."""

    def trending(self, window: Window, type_: TrendType, k: int) -> list[Trend]:
        """The `k` movies with the most events of this type in the window, most first, ties by id.

        As the stream last counted them into the lake's `trending`, at most 1,000; none before it has. Their
        series are counted when asked for, of the same window.
        """
        ...

    def chart(self, chart: Chart, k: int, movies: MovieFilter = EVERY_MOVIE) -> list[dict[str, Any]]:
        """The rows of a chart, each with the same keys, in drawing order; at most `k` where ranked."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...
