"""First events: how good the lists are for someone new, after 0, 1, 2, 5 and 10 events.

Of the users with twenty events or more, a tenth drawn by the seed is the test and another tenth the
validation; models are fitted on all events of all other users. After the first n events of a held-out user
the whole catalogue (the movies of the training events) is ranked without what was seen in these; the ten
events after them are what follows, and each that is positive and at a movie not seen before it is a target
of its own. The users are the same for every n.

No time is cut: the others' events may be later than those of a held-out user. So the figures compare models
and numbers of events; for what is to be expected in life see the live protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from matinee.errors import TrainingError
from matinee.evaluation.data import Data
from matinee.evaluation.metrics import of_targets
from matinee.evaluation.splits import On, drawn
from matinee.evaluation.trial import ALL, Answer, Slice, Trial
from matinee.evaluation.walk import Scorer
from matinee.models.base import Folded, Interactions
from matinee.models.dataset import NOTHING, interactions


@dataclass(frozen=True)
class FirstEventsOptions:
    """What is held out and asked."""

    after: tuple[int, ...] = (0, 1, 2, 5, 10)
    """After how many events lists are asked for."""
    ahead: int = 10
    """How many events after them are what follows."""
    share: float = 0.1
    """The share of the users who are the test, and of those who are the validation."""


def first_events(data: Data, on: On, seed: int, options: FirstEventsOptions) -> Trial:
    """The trial on these data; the seed draws the users.

    Raises TrainingError when too few users have enough events.
    """
    least = max(options.after) + options.ahead
    lengths = data.events.group_by("user").len()
    long = lengths.filter(pl.col("len") >= least)["user"]
    validation, test = drawn(long, options.share, seed)
    if test.is_empty():
        raise TrainingError(
            f"{len(long)} users with {least} events or more are too few to hold some out; give more events"
        )
    out = pl.concat([validation, test])
    before = data.events.filter(~pl.col("user").is_in(out.implode()))
    asked = data.events.filter(pl.col("user").is_in((test if on == "test" else validation).implode()))
    movies = tuple(before["movie"].unique().sort())
    whole = interactions(asked, movies)
    if not (whole.strengths > 0).any():
        raise TrainingError(
            "the held-out users did nothing positive at movies of the others, so nothing can be asked; "
            "give more events"
        )

    def answers(model: Scorer, of: Slice = ALL) -> Iterator[Answer]:
        starts = np.searchsorted(whole.users, np.arange(whole.n_users + 1)).tolist()
        for user in filter(of.has, range(whole.n_users)):
            yield from _beginning(model, whole, options, user, slice(starts[user], starts[user + 1]))

    return Trial(interactions(before, movies), answers, whole.n_users * len(options.after), of_targets)


def _beginning(
    model: Scorer, whole: Interactions, options: FirstEventsOptions, user: int, own: slice
) -> Iterator[Answer]:
    """The lists of one user, the events in between folded in one by one."""
    columns, strengths, at = whole.columns[own], whole.strengths[own], whole.at[own]
    state, now = model.state(NOTHING), 0
    for after in sorted(options.after):
        for i in range(now, min(after, len(columns))):
            state = model.fold_in(state, Folded(int(columns[i]), float(strengths[i]), int(at[i])))
        now = after
        seen = np.zeros(len(whole.movies), bool)
        seen[columns[:after]] = True
        follows = slice(after, after + options.ahead)
        wanted = columns[follows][(strengths[follows] > 0) & ~seen[columns[follows]]]
        group = f"after {after}"
        yield Answer(user, model.scores(state), seen, np.unique(wanted), columns[:after], group)
