"""One event into the live state of a user whose state is warm, and the top ten after it, beside `implicit`.

The rival solves the user anew from a history that has the event in it already, which is what `implicit`
offers for that; making that history is not counted against it.
"""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import structs
from threadpoolctl import threadpool_limits

from benchmarks.context import Context
from benchmarks.likes import NUMBER, Like, Took, likes, took
from benchmarks.percentiles import Percentiles
from benchmarks.result import Result
from benchmarks.rivals.train import Trained
from matinee.app import open_matinee

_TAKEN_GOAL, _FOLDED_GOAL, _LISTED_GOAL = 50.0, 20.0, 300.0


class Theirs(NamedTuple):
    """Nanoseconds of the rival, each of shape (likes,)."""

    solved: npt.NDArray[np.int64]
    listed: npt.NDArray[np.int64]


def run(context: Context) -> list[Result]:
    """Microseconds for an event and for a list, beside what `implicit` takes for the same."""
    with threadpool_limits(1, "blas"), context.home() as home, open_matinee(home) as matinee:
        recommender = matinee.recommender()
        made = likes(matinee, recommender, 2 * context.some(NUMBER))
        ours = took(recommender, made)
        theirs = _theirs(context.trained, made[: len(made) // 2])
    return _results(context, ours, theirs)


def _results(context: Context, ours: Took, theirs: Theirs) -> list[Result]:
    both = ours.taken + ours.folded
    note = (
        f"{len(both):,} likes of random users one after another, one thread; each is folded into a warm "
        "state, which together no cache of the processor holds; in the live state means decoded, put into "
        "the history and folded into the model; as many lists are each asked for right after another like, "
        "which is folded into the recommender's own state first"
    )
    solve, recommend = "implicit: recalculate_user()", "implicit: recommend(), titles not counted"
    rows = (
        ("fold-in of one event, the model", _FOLDED_GOAL, ours.folded, solve, theirs.solved),
        ("fold-in of one event in the live state", _TAKEN_GOAL, both, solve, theirs.solved),
        ("scores and top ten of a warm user", _LISTED_GOAL, ours.listed, recommend, theirs.listed),
    )
    return [
        Result(
            figure=f"{figure}: {percentile}",
            value=value,
            unit="µs",
            goal=goal if percentile == "p50" else None,
            rival=rival,
            rival_value=rival_value,
            data=context.data,
            command="make bench ARGS=fold_in",
            note=note,
        )
        for figure, goal, mine, rival, its in rows
        for percentile, value, rival_value in _beside(mine, its)
    ]


def _beside(mine: npt.NDArray[np.int64], its: npt.NDArray[np.int64]) -> Iterator[tuple[str, float, float]]:
    """Each percentile of both, in microseconds."""
    ours, theirs = (structs.asdict(Percentiles.of(each / 1e3)) for each in (mine, its))
    return zip(ours, ours.values(), theirs.values(), strict=True)


def _theirs(trained: Trained, made: Sequence[Like]) -> Theirs:
    rows = {user: row for row, user in enumerate(trained.users)}
    columns = {movie: column for column, movie in enumerate(trained.movies)}
    times = []
    for new in made:
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
