"""Likes of random users one after another, each into a warm state, and the top ten after it, without HTTP.

An event is decoded, put into the user's history and folded into the model's state. The list that is asked for
then folds it into a state of its own once more, and solves that, so together they are more than all that
stands between the log and a changed recommendation. `python -m benchmarks.likes HOME` prints what it took
there as JSON.
"""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import numpy.typing as npt
from msgspec import Struct, json
from threadpoolctl import threadpool_limits

from benchmarks.errors import BenchmarkError
from benchmarks.events import like
from benchmarks.percentiles import Percentiles
from matinee.app import Matinee, open_matinee
from matinee.events.codec import decode, encode
from matinee.events.meaning import strength
from matinee.log.base import Batch, Entry, Listed, Position
from matinee.models.base import Folded, History
from matinee.serve.lists import ListQuery
from matinee.serve.recommender import Recommender

NUMBER = 2_000
_TEN = ListQuery(k=10)


class Like(NamedTuple):
    """One new event: `batch` as the log gives it, `folded` as the model sees it after `history`."""

    user: str
    movie: str
    history: History
    batch: Batch
    folded: Folded


class Took(NamedTuple):
    """Nanoseconds, each of shape (likes / 2,); see `took`."""

    taken: npt.NDArray[np.int64]
    folded: npt.NDArray[np.int64]
    listed: npt.NDArray[np.int64]


class Warm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Microseconds, of users whose states are warm: an event into the model, and the top ten after it."""

    fold_in: Percentiles
    listed: Percentiles


def likes(matinee: Matinee, recommender: Recommender, number: int) -> list[Like]:
    """New likes of random users at movies of the model, each behind the end of the log."""
    chosen, end = random.Random(6), max(matinee.log.end())
    users, movies = sorted(recommender.live.users), matinee.registry.load().model.columns
    among = list(movies)
    return [
        _like(recommender, chosen.choice(users), chosen.choice(among), movies, end + place)
        for place in range(1, number + 1)
    ]


def _like(recommender: Recommender, user: str, movie: str, columns: dict[str, int], offset: int) -> Like:
    now = time.time_ns() // 1000
    event = decode(like(user, movie), datetime.now(UTC))
    entry = Entry(0, offset, now, "movie-likes", user, event.id, encode(event))  # as the API appends it
    batch, folded = Listed([entry], Position((offset,))), Folded(columns[movie], strength("like", None), now)
    return Like(user, movie, recommender.history(user), batch, folded)


def took(recommender: Recommender, made: Sequence[Like]) -> Took:
    """What the first half of them take to be folded in, and lists right after each of the others.

    All states are made before, so that none is in a cache of the processor.
    """
    folded, listed = made[: len(made) // 2], made[len(made) // 2 :]
    states = [recommender.model.state(each.history) for each in folded]
    taken = [_take(recommender, each, state) for each, state in zip(folded, states, strict=True)]
    entered, into = np.array(taken, np.int64).T
    after = np.array([_list(recommender, each) for each in listed], np.int64)
    return Took(entered, into, after)


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
    """Nanoseconds to list ten right after the event.

    The recommender's own state is as it was before, and warm: folding the event in and solving are in it.
    """
    recommender.recommend(new.user, ListQuery(k=1))
    recommender.live.take(new.batch)
    began = time.perf_counter_ns()
    listed = recommender.recommend(new.user, _TEN)
    end = time.perf_counter_ns()
    if new.movie in {pick.movie for pick in listed.picks}:
        raise BenchmarkError(f"the list of {new.user} still has {new.movie}, which was liked")
    return end - began


@click.command()
@click.argument("home", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(home: Path) -> None:
    """Print what likes took in HOME; it learns nothing of them."""
    with threadpool_limits(1, "blas"), open_matinee(home) as matinee:
        recommender = matinee.recommender()
        found = took(recommender, likes(matinee, recommender, 2 * NUMBER))
    warm = Warm(fold_in=Percentiles.of(found.folded / 1e3), listed=Percentiles.of(found.listed / 1e3))
    click.echo(json.encode(warm))


if __name__ == "__main__":
    main()
