"""From a frame of events to the arrays that models are fitted on."""

import numpy as np
import numpy.typing as npt
import polars as pl

from matinee.models.base import History, Interactions, Ints

NOTHING = History(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int64))
"""The history of someone who has done nothing yet."""
ORDER = ("user", "at", "partition", "offset")
"""An event's place: its user, its time, and for equal times its place in the log."""


def ordered(events: pl.DataFrame) -> pl.DataFrame:
    """`events` in the order of `ORDER`, as far as they have these columns; otherwise as they were."""
    return events.sort([name for name in ORDER if name in events.columns], maintain_order=True)


def interactions(events: pl.DataFrame, movies: tuple[str, ...] | None = None) -> Interactions:
    """What a model is fitted on, from the columns user, movie, strength and at (and partition, offset).

    `movies` is the catalogue, by default the movies of `events` in the order of their ids; events at
    other movies are left out. Users are numbered in the order of their ids.
    """
    if movies is None:
        movies = tuple(events["movie"].unique().sort())
    events = ordered(events.filter(pl.col("movie").is_in(pl.Series(movies, dtype=pl.String).implode())))
    users = events["user"].rank("dense").to_numpy().astype(np.int32) - np.int32(1)
    return Interactions(
        users=users,
        columns=columns(events, movies),
        strengths=events["strength"].to_numpy().astype(np.float32),
        at=events["at"].to_physical().cast(pl.Int64).to_numpy(),
        movies=movies,
        n_users=int(users.max(initial=-1)) + 1,
    )


def columns(events: pl.DataFrame, movies: tuple[str, ...]) -> Ints:
    """The column of the movie of every event, all of them among `movies`."""
    numbers = pl.DataFrame({"movie": pl.Series(movies, dtype=pl.String)}).with_row_index("column")
    joined = events.select("movie").join(numbers, on="movie", how="left", maintain_order="left")
    return joined["column"].to_numpy().astype(np.int32)


def history(given: Interactions, start: int, end: int) -> History:
    """The events from `start` to before `end` as a history."""
    part = slice(start, end)
    return History(given.columns[part], given.strengths[part], given.at[part])


def only(given: History, wanted: npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> History:
    """The wanted events of a history, in the order wanted."""
    return History(given.columns[wanted], given.strengths[wanted], given.at[wanted])
