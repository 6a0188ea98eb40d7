"""Protocol 1, live: a global cut in time, and every event after it a target, in the order of life.

That of "Time to Split" (Gusak et al., RecSys 2025, arXiv 2507.16289), successive or last targets. Users and
movies with fewer than `n_core` events are left out; models are fitted on the events at or before a quantile
of time. Each event after it, of a user who has earlier events, is a target, predicted from all that user's
events before it, those after the cut included, and ranked among the whole catalogue without what the user
has seen; ties count against it. An event of no or negative strength, or at a movie that the user has seen,
is no target. Of what the validation is made of see `splits.time_split`.

A model may make use of the moment of asking. By default that is the target's: the list as it is when the user
acts. Asked early it is that of the event before, or of the target where a sitting begins with it: the list as
it was when the user last had reason to look.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from matinee.errors import TrainingError
from matinee.evaluation.data import Data
from matinee.evaluation.metrics import of_targets
from matinee.evaluation.splits import On, Times, last_targets, targets, time_split
from matinee.evaluation.trial import ALL, Answer, Slice, Trial
from matinee.evaluation.walk import Flags, Scorer, walk
from matinee.models.base import Interactions
from matinee.models.dataset import interactions


@dataclass(frozen=True)
class LiveOptions:
    """How events are parted."""

    n_core: int = 5
    """Users and movies with fewer events are left out, until all that remain have as many."""
    times: Times = field(default_factory=Times)
    """Where time is cut."""
    last: bool = False
    """Whether only the last target of every user is asked for."""
    sitting_seconds: float = 0.0
    """Within so long of the event before, lists are asked for right after that event; else at the target."""


def live(data: Data, on: On, _seed: int, options: LiveOptions) -> Trial:
    """The trial on these data; nothing is drawn, so the seed does not matter.

    Raises TrainingError when there is nothing to train on or no target.
    """
    parted = time_split(data.events, on, options.n_core, options.times)
    movies = tuple(parted.events["movie"].unique().sort())
    whole = interactions(parted.events, movies)
    wanted = targets(whole, parted.cut, parted.known)
    if options.last:
        wanted = last_targets(whole, wanted)
    n = int(np.count_nonzero(wanted))
    if not n:
        raise TrainingError(
            f"no user has an event both before and after the cut of the {on}; give more events"
        )

    def answers(model: Scorer, of: Slice = ALL) -> Iterator[Answer]:
        return along(model, whole, wanted & of.has(whole.users), round(options.sitting_seconds * 1e6))

    return Trial(interactions(parted.before, movies), answers, n, of_targets)


def along(model: Scorer, whole: Interactions, wanted: Flags, sitting: int = 0) -> Iterator[Answer]:
    """What the model answers just before each of the wanted targets; a `sitting` is in microseconds."""
    for moment in walk(model, whole, wanted):
        before = int(whole.at[moment.place - 1])
        at = before if moment.at - before < sitting else moment.at
        past = whole.columns[moment.place - moment.events : moment.place]
        target = whole.columns[moment.place : moment.place + 1]
        yield Answer(moment.user, model.scores(moment.state, at), moment.seen, target, past)
