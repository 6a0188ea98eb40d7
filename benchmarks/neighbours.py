"""Users like one user, and who would like a movie, from the tastes of all users, without HTTP.

The rival's `similar_users` compares the factors that it was trained with: an event changes nothing until
the next training, and it names nothing that two users share. It does not say who would like a movie.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks.context import Context
from benchmarks.result import Result
from matinee.app import open_matinee
from matinee.serve.neighbours import audience, similar_users, would_like
from matinee.serve.tastes import Tastes

_QUESTIONS = 500
_K = 10


def run(context: Context) -> list[Result]:
    """Milliseconds for each question, and to solve the tastes of everybody."""
    with threadpool_limits(1, "blas"), context.home() as home, open_matinee(home) as matinee:
        recommender = matinee.recommender()
        live, tastes, draw = recommender.live, Tastes(recommender), random.Random(5)
        renewal = tastes.renew()
        slices = _milliseconds(lambda _: next(renewal, None), range(len(context.users)))
        questions = context.some(_QUESTIONS)
        users, movies = draw.choices(context.users, k=questions), draw.choices(context.movies, k=questions)
        near = _milliseconds(lambda user: similar_users(recommender, tastes, user, _K), users)
        drawn = _milliseconds(
            lambda movie: (audience(live, movie, _K), would_like(live, tastes, movie, _K)), movies
        )
        trained = context.trained
        rows = {user: row for row, user in enumerate(trained.users)}
        theirs = _milliseconds(lambda user: trained.model.similar_users(rows[user], N=_K), users)
    note = (
        f"k={_K}, among {len(tastes):,} users, one thread; solving their tastes took once "
        f"{slices.sum() / 1e3:.1f} s, {np.percentile(slices, 99):.1f} ms at a time at p99, between requests"
    )
    return [
        Result(
            figure=f"{figure}: p{percentile}",
            value=float(np.percentile(mine, percentile)),
            unit="ms",
            goal=goal if percentile == 99 else None,
            rival=rival,
            rival_value=float(np.percentile(its, percentile)) if its is not None else "no such question",
            data=context.data,
            command="make bench ARGS=neighbours",
            note=note,
        )
        for figure, mine, goal, rival, its in (
            ("users like a user", near, 10.0, "implicit: similar_users(), as of its training", theirs),
            ("who likes and who would like a movie", drawn, 20.0, "implicit", None),
        )
        for percentile in (50, 99)
    ]


def _milliseconds(ask: Callable[[Any], object], about: Iterable[Any]) -> npt.NDArray[np.float64]:
    """How long each question took."""
    took = []
    for each in about:
        began = time.perf_counter_ns()
        ask(each)
        took.append(time.perf_counter_ns() - began)
    return np.array(took) / 1e6
