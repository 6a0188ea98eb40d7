"""One event into the live state of a user whose state is warm, and a top ten from it, without HTTP.

An event is decoded, put into the user's history and folded into the model's state: all that stands between
the log and a changed recommendation. The rival solves the user anew from a history that has the event in
it already, which is what `implicit` offers for that; making that history is not counted against it.
"""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.events import like
from benchmarks.result import Result
from benchmarks.rivals.train import Trained
from matinee.app import Matinee, open_matinee
from matinee.events.codec import decode, encode
from matinee.events.meaning import strength, strength_column
from matinee.log.base import Batch, Entry, Listed, Position
from matinee.models.base import Folded, History
from matinee.serve.lists import ListQuery
from matinee.serve.recommender import Recommender

_EVENTS = 2_000
_TAKEN_GOAL, _FOLDED_GOAL, _LISTED_GOAL = 50.0, 20.0, 300.0
_TEN = ListQuery(k=10)


class Like(NamedTuple):
    """One new event: `batch` as the log gives it, `folded` as the model sees it."""

    user: str
    movie: str
    history: History
    batch: Batch
    folded: Folded


class Ours(NamedTuple):
    """Nanoseconds, in the order in which they pass: each of shape (events,)."""

    taken: npt.NDArray[np.int64]
    folded: npt.NDArray[np.int64]
    listed: npt.NDArray[np.int64]


class Theirs(NamedTuple):
    """Nanoseconds of the rival, each of shape (events,)."""

    solved: npt.NDArray[np.int64]
    listed: npt.NDArray[np.int64]


def run(context: Context) -> list[Result]:
    """Microseconds for an event and for a list, beside what `implicit` takes for the same."""
    with threadpool_limits(1, "blas"), context.home() as home, open_matinee(home) as matinee:
        recommender, likes = matinee.recommender(), _likes(context, matinee)
        ours = _ours(recommender, likes)
        theirs = _theirs(context.trained, likes)
    return _results(context, ours, theirs)


def _results(context: Context, ours: Ours, theirs: Theirs) -> list[Result]:
    both = ours.taken + ours.folded
    note = (
        f"{len(both):,} likes of random users one after another, one thread, states warm, which are more "
        "than any cache of the processor holds; in the live state means decoded, put into the history and "
        "folded into the model"
    )
    solve, recommend = "implicit: recalculate_user()", "implicit: recommend(), titles not counted"
    rows = (
        ("fold-in of one event, the model: p50", _FOLDED_GOAL, ours.folded, solve, theirs.solved, 50),
        ("fold-in of one event, the model: p99", None, ours.folded, solve, theirs.solved, 99),
        ("fold-in of one event in the live state: p50", _TAKEN_GOAL, both, solve, theirs.solved, 50),
        ("fold-in of one event in the live state: p99", None, both, solve, theirs.solved, 99),
        ("scores and top ten of a warm user: p50", _LISTED_GOAL, ours.listed, recommend, theirs.listed, 50),
        ("scores and top ten of a warm user: p99", None, ours.listed, recommend, theirs.listed, 99),
    )
    return [
        Result(
            figure=figure,
            value=_microseconds(mine, percentile),
            unit="µs",
            goal=goal,
            rival=rival,
            rival_value=_microseconds(its, percentile),
            data=context.data,
            command="make bench ARGS=fold_in",
            note=note,
        )
        for figure, goal, mine, rival, its, percentile in rows
    ]


def _microseconds(nanoseconds: npt.NDArray[np.int64], percentile: float) -> float:
    return float(np.percentile(nanoseconds, percentile)) / 1e3


def _likes(context: Context, matinee: Matinee) -> list[Like]:
    """New likes of random users, each behind the end of the log and with the history before it."""
    columns = matinee.registry.load().model.columns
    histories = _histories(context, columns)
    random_, movies, end = random.Random(6), list(columns), max(matinee.log.end())
    return [
        _like(random_.choice(context.users), random_.choice(movies), columns, histories, end + number)
        for number in range(1, context.some(_EVENTS) + 1)
    ]


def _like(user: str, movie: str, columns: dict[str, int], histories: dict[str, History], offset: int) -> Like:
    now = time.time_ns() // 1000
    event = decode(like(user, movie), datetime.now(UTC))
    entry = Entry(0, offset, now, "movie-likes", user, event.id, encode(event))  # as the API appends it
    folded = Folded(columns[movie], strength("like", None), now)
    return Like(user, movie, histories[user], Listed([entry], Position((offset,))), folded)


def _histories(context: Context, columns: dict[str, int]) -> dict[str, History]:
    rows = (
        context.movielens.ratings.filter(pl.col("movie").is_in(list(columns)))
        .with_columns(pl.lit("rating").alias("type"), pl.col("at") * 1_000_000)
        .with_columns(strength_column(), pl.col("movie").replace_strict(columns, return_dtype=pl.Int32))
    )
    return {
        str(user): History(own["movie"].to_numpy(), own["strength"].to_numpy(), own["at"].to_numpy())
        for (user,), own in rows.partition_by("user", as_dict=True).items()
    }


def _ours(recommender: Recommender, likes: Sequence[Like]) -> Ours:
    model = recommender.model
    states = [model.state(each.history) for each in likes]  # all first, so that none is in a cache
    taken = [_take(recommender, each, state) for each, state in zip(likes, states, strict=True)]
    listed = [_list(recommender, each) for each in likes]
    took, folded = np.array(taken, np.int64).T
    return Ours(took, folded, np.array(listed, np.int64))


def _take(recommender: Recommender, new: Like, state: Any) -> tuple[int, int]:
    """Nanoseconds to take the event in, and to fold it."""
    live, model = recommender.live, recommender.model
    before = len(live.users[new.user])
    began = time.perf_counter_ns()
    live.take(new.batch)
    taken = time.perf_counter_ns()
    model.fold_in(state, new.folded)
    folded = time.perf_counter_ns()
    if len(live.users[new.user]) != before + 1:
        raise BenchmarkError(f"the live state did not take {new.batch.entries} in")
    return taken - began, folded - taken


def _list(recommender: Recommender, new: Like) -> int:
    """Nanoseconds to list ten that were not listed before, from a state that has the event."""
    recommender.recommend(new.user, ListQuery(k=1))  # brings the recommender's own state up to date
    began = time.perf_counter_ns()
    listed = recommender.recommend(new.user, _TEN)
    end = time.perf_counter_ns()
    if new.movie in {pick.movie for pick in listed.picks}:
        raise BenchmarkError(f"the list of {new.user} still has {new.movie}, which was liked")
    return end - began


def _theirs(trained: Trained, likes: Sequence[Like]) -> Theirs:
    rows = {user: row for row, user in enumerate(trained.users)}
    columns = {movie: column for column, movie in enumerate(trained.movies)}
    times = []
    for new in likes:
        row = rows[new.user]
        history = trained.user_items[row].tolil()
        history[0, columns[new.movie]] = 5.0
        history = history.tocsr()
        began = time.perf_counter_ns()
        trained.model.recalculate_user(row, history)
        solved = time.perf_counter_ns()
        trained.model.recommend(row, history, N=10)
        times.append((solved - began, time.perf_counter_ns() - solved))
    return Theirs(*np.array(times, np.int64).T)
