"""Protocol 2, strong generalisation: users whom no model has seen, and a fifth of what they like hidden.

That of Liang et al. (WWW 2018) in its published recipe, draw by draw. Only ratings above 3.5 stars count,
and users with five or more of them. Of the users in the order of their ids, permuted, the last N are the
test, the N before them the validation, and the rest is trained on; the catalogue is the movies of these.
The generator is NumPy's legacy one with the seed 98765, seeded anew for the permutation, for the validation
and for the test. Of each held-out user with five or more events in the catalogue a fifth, drawn from the
rows in the order of the file, are targets; the others, in the order of time, are the history.

N is the largest of 10,000, 1,000, 100, 10 and 1 that is at most a fifth of the users.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from matinee.errors import TrainingError
from matinee.evaluation.data import Data
from matinee.evaluation.metrics import of_lists
from matinee.evaluation.splits import On
from matinee.evaluation.trial import ALL, Answer, Slice, Trial
from matinee.evaluation.walk import Flags, Scorer
from matinee.models.base import History, Ints
from matinee.models.dataset import columns, interactions, only

_SEED = 98765
_SIZES = (10_000, 1_000, 100, 10, 1)


@dataclass(frozen=True)
class StrongOptions:
    """How events are parted."""

    above: float = 3.5
    """Only ratings above so many stars count."""
    least: int = 5
    """The fewest of them of a user, and the fewest that some are hidden of."""
    hidden: float = 0.2
    """The share of a held-out user's events that are targets."""


class HeldOut(NamedTuple):
    """A user of whom some is hidden: the events that are told, in order of time, and the others' columns."""

    user: int
    told: History
    targets: Ints


def strong(data: Data, on: On, _seed: int, options: StrongOptions) -> Trial:
    """The trial on these data; the recipe has a seed of its own.

    Raises TrainingError when there are too few users to hold some out.
    """
    liked = data.events.filter(pl.col("value") > options.above)
    liked = liked.unique(["user", "movie"], keep="last", maintain_order=True)  # told is never hidden too
    liked = liked.filter(pl.len().over("user") >= options.least)
    train, held_out = _users(liked, on)
    before = liked.filter(pl.col("user").is_in(train.implode()))
    movies = tuple(before["movie"].unique().sort())
    rows = liked.filter(
        pl.col("user").is_in(held_out.implode())
        & pl.col("movie").is_in(pl.Series(movies, dtype=pl.String).implode())
    )
    asked = _hidden(rows, movies, options)
    if not any(len(each.targets) for each in asked):
        raise TrainingError(
            f"of the {len(held_out)} held-out users none has {options.least} events at movies of the others, "
            "so nothing can be hidden; give more events"
        )

    def answers(model: Scorer, of: Slice = ALL) -> Iterator[Answer]:
        for each in (one for one in asked if of.has(one.user)):
            seen = np.zeros(len(movies), bool)
            seen[each.told.columns] = True
            scores = model.scores(model.state(each.told))
            yield Answer(each.user, scores, seen, each.targets, each.told.columns)

    return Trial(interactions(before, movies), answers, len(asked), of_lists)


def _users(liked: pl.DataFrame, on: On) -> tuple[pl.Series, pl.Series]:
    """The users who are trained on, and those who are asked about."""
    users = liked["user"].unique().sort()
    size = next((size for size in _SIZES if size <= len(users) / 5), None)
    if size is None:
        raise TrainingError(
            f"{len(users)} users with five ratings above 3.5 stars are too few to hold some out; "
            "give the ratings of more users"
        )
    order = np.random.RandomState(_SEED).permutation(len(users))
    permuted = users[order]
    test, validation = permuted[-size:], permuted[-2 * size : -size]
    return permuted[: -2 * size], test if on == "test" else validation


def _hidden(rows: pl.DataFrame, movies: tuple[str, ...], options: StrongOptions) -> list[HeldOut]:
    """The held-out users in the order of their ids, those of whom something can be hidden."""
    random = np.random.RandomState(_SEED)
    rows = rows.sort("user", maintain_order=True)  # within a user in the order of the file
    whole = History(columns(rows, movies), rows["strength"].to_numpy(), rows["at"].to_numpy())
    ends = np.cumsum(rows.group_by("user", maintain_order=True).len()["len"].to_numpy())
    asked = []
    for user, (start, end) in enumerate(itertools.pairwise([0, *ends.tolist()])):
        n = end - start
        if n >= options.least:
            hidden = np.zeros(n, bool)
            hidden[random.choice(n, int(options.hidden * n), replace=False)] = True
            asked.append(_parted(user, only(whole, slice(start, end)), hidden))
    return asked


def _parted(user: int, own: History, hidden: Flags) -> HeldOut:
    told = only(own, ~hidden)
    return HeldOut(user, only(told, np.argsort(told.at, kind="stable")), own.columns[hidden])
