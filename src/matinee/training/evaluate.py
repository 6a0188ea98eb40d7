"""Live evaluation: a global cut in time, and every event after it a target, in the order of life.

Protocol of "Time to Split" (Gusak et al., RecSys 2025, arXiv 2507.16289), successive or last targets: the
model is fitted on the events at or before the cut. Each event after it, of a user who has earlier events,
is a target, predicted from all that user's events before it, those after the cut included. The target is
ranked among the whole catalogue without what the user has seen; ties count against it. An event of no or
negative strength, or at a movie that the user has seen, is no target; a movie that the model does not know
is missed.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from matinee.errors import TrainingError
from matinee.models.base import Floats, Folded, Interactions, Model
from matinee.models.gram import positions
from matinee.progress import Progress
from matinee.training.dataset import core, history, interactions, split
from matinee.training.metrics import Figures, figures, rank

Flags = npt.NDArray[np.bool_]
"""One truth per event of an `Interactions`."""
Fit = Callable[[Interactions], Model]


class Moment(NamedTuple):
    """Just before a target, the event at `place`: its user's state, what was seen, how many events, and when.

    `state` and `seen` are those of the walk itself: to be read, not kept.
    """

    user: int
    state: Any
    seen: npt.NDArray[np.bool_]
    events: int
    target: int
    place: int
    at: int


def evaluate_live(
    events: pl.DataFrame,
    fit: Fit,
    *,
    k: int = 10,
    quantile: float = 0.9,
    n_core: int = 5,
    last_only: bool = False,
    progress: Progress | None = None,
) -> Figures:
    """The figures of what `fit` makes, on a frame with user, movie, strength and at, by the protocol above.

    Events of one user and time keep the order of the frame. Users and movies with fewer than `n_core`
    events are left out; the cut is the `quantile` of time; the catalogue is all movies that remain.
    Raises TrainingError when nothing remains on one side of the cut.
    """
    kept = core(events, n_core).with_columns(pl.col("at").to_physical().cast(pl.Int64))
    cut = kept["at"].quantile(quantile, "linear")
    if cut is None:
        raise TrainingError(
            f"no user and movie has {n_core} events or more; give more events or lower n_core"
        )
    movies = tuple(kept["movie"].unique().sort())
    whole = interactions(kept, movies)
    wanted = targets(whole, cut)
    model = fit(interactions(split(kept, cut).before, movies))
    return measure(model, whole, last_targets(whole, wanted) if last_only else wanted, k=k, progress=progress)


def targets(whole: Interactions, cut: float) -> Flags:
    """Which events are targets: positive, after the cut, not a user's first, at a movie new to them."""
    new = np.zeros(len(whole.users), bool)
    pairs = whole.users.astype(np.int64) * len(whole.movies) + whole.columns
    new[np.unique(pairs, return_index=True)[1]] = True
    return new & (whole.strengths > 0) & (whole.at > cut) & (positions(whole.users) > 0)


def last_targets(whole: Interactions, wanted: Flags) -> Flags:
    """The last one of every user's."""
    index = np.flatnonzero(wanted)
    users = whole.users[index]
    last = np.zeros_like(wanted)
    last[index[np.r_[users[1:] != users[:-1], True][: len(index)]]] = True
    return last


def walk(model: Model, whole: Interactions, wanted: Flags) -> Iterator[Moment]:
    """The wanted targets, user by user, with every event in between folded into the state."""
    index = np.flatnonzero(wanted)
    starts = np.searchsorted(whole.users, np.arange(whole.n_users))
    bounds = np.flatnonzero(np.diff(whole.users[index])) + 1
    for own in np.split(index, bounds) if len(index) else ():
        yield from _life(model, whole, int(starts[whole.users[own[0]]]), own)


def measure(
    model: Model, whole: Interactions, wanted: Flags, *, k: int = 10, progress: Progress | None = None
) -> Figures:
    """The figures of `model` on the wanted targets of `whole`."""
    total = max(int(np.count_nonzero(wanted)), 1)
    ranks, users, shown = [], [], np.zeros(len(whole.movies), bool)
    for done, moment in enumerate(walk(model, whole, wanted)):
        scores = model.scores(moment.state, moment.at)
        ranks.append(rank(scores, moment.seen, moment.target))
        users.append(moment.user)
        shown[best(scores, moment.seen, k)] = True
        if progress and done % 1000 == 0:
            progress("targets", done, total)
    return figures(np.array(ranks, np.int32), np.array(users, np.int32), k, float(shown.mean()))


def best(scores: Floats, seen: Flags, k: int) -> npt.NDArray[np.int64]:
    """The columns of the `k` best unseen movies, in no order."""
    unseen = np.where(seen, -np.inf, scores)
    if len(unseen) <= k:
        return np.flatnonzero(~seen)
    top = np.argpartition(unseen, -k)[-k:]
    return top[~seen[top]]


def _life(model: Model, whole: Interactions, start: int, wanted: npt.NDArray[np.int64]) -> Iterator[Moment]:
    now = int(wanted[0])
    state = model.state(history(whole, start, now))
    seen = np.zeros(len(whole.movies), bool)
    seen[whole.columns[start:now]] = True
    for index in wanted.tolist():
        for i in range(now, index):
            column = int(whole.columns[i])
            seen[column] = True
            state = model.fold_in(state, Folded(column, float(whole.strengths[i]), int(whole.at[i])))
        now = index
        target, at = int(whole.columns[index]), int(whole.at[index])
        yield Moment(int(whole.users[index]), state, seen, index - start, target, index, at)
