"""The port of the interactions store."""

from typing import Any, Literal, NamedTuple, Protocol, get_args

Window = Literal["5m", "1h", "1d", "7d"]
WINDOWS: tuple[Window, ...] = get_args(Window)
TrendType = Literal["view", "like", "rating"]
TREND_TYPES: tuple[TrendType, ...] = get_args(TrendType)
Chart = Literal[
    "events-per-minute",
    "likes-per-minute",
    "movies-by-release-date",
    "top-popular",
    "top-votes",
    "average-rating-per-genre",
    "languages",
    "rating-distribution",
]
CHARTS: tuple[Chart, ...] = get_args(Chart)


class Trend(NamedTuple):
    """A movie's place in a window: `events` of them in it, `before` in the window before it."""

    movie: str
    events: int
    before: int
    average: float | None


class Interactions(Protocol):
    """Analytics. Safe to use from several threads."""

    def trending(self, window: Window, type_: TrendType, k: int) -> list[Trend]:
        """The `k` movies with the most events of this type in the window, most first, ties by id.

        As the stream last counted them into the lake's `trending`, at most 1,000; none before it has.
        """
        ...

    def chart(self, chart: Chart, k: int) -> list[dict[str, Any]]:
        """The rows of a chart, each with the same keys, in drawing order; at most `k` where ranked."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...
