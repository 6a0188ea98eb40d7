"""New movies: whether what nobody has watched yet finds the people it is for, by content alone.

Events are parted as in the live protocol. A tenth of the movies, drawn by the seed, are the new ones of the
test, another tenth those of the validation. Their events before the cut are taken away, as if they had
their premiere at the cut: models are fitted on the other movies' events before it, then take the new ones
in by their facts. The events after the cut are walked through as in the live protocol; targets are those at
new movies, each ranked among the whole catalogue, old and new, without what the user has seen; and as many
at old ones, evenly spread, because every place that a new movie gets is taken from an old one. A model that
cannot take in new movies ranks them last.

`random HR@10` is what a random order of the same movies would have: the mean of 10 / (how many were ranked).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from matinee.errors import TrainingError
from matinee.evaluation.data import Data
from matinee.evaluation.metrics import Asked, Figure, by_chance, of_targets
from matinee.evaluation.protocols.live import along
from matinee.evaluation.splits import On, Times, drawn_apart, split, targets, thinned, time_split
from matinee.evaluation.trial import ALL, Answer, Slice, Trial
from matinee.evaluation.walk import Scorer
from matinee.events.types import Facts
from matinee.models.dataset import interactions


@dataclass(frozen=True)
class NewMoviesOptions:
    """How events are parted."""

    n_core: int = 5
    """Users and movies with fewer events are left out, until all that remain have as many."""
    times: Times = field(default_factory=Times)
    """Where time is cut."""
    share: float = 0.1
    """The share of the movies that are new in the test, and of those in the validation."""


def new_movies(data: Data, on: On, seed: int, options: NewMoviesOptions) -> Trial:
    """The trial on these data; the seed draws the movies. Raises TrainingError when there is no target."""
    parted = time_split(data.events, on, options.n_core, options.times)
    names = parted.events["movie"].unique().sort()
    validation, test = drawn_apart(names, options.share, seed)
    new = (test if on == "test" else validation).sort()
    old = tuple(names.filter(~names.is_in(new.implode())))
    is_new = pl.col("movie").is_in(new.implode())
    kept = parted.events.filter(~is_new | (pl.col("at") > parted.cut))
    whole = interactions(kept, (*old, *new))
    wanted = targets(whole, parted.cut, parted.known)
    at_new = whole.columns >= len(old)
    n = int(np.count_nonzero(wanted & at_new))
    if not n:
        raise TrainingError(
            f"nobody came to the {len(new)} new movies after the cut of the {on}; give more events"
        )

    asked = (wanted & at_new) | thinned(wanted & ~at_new, n)

    def answers(model: Scorer, of: Slice = ALL) -> Iterator[Answer]:
        for answer in along(model, whole, asked & of.has(whole.users)):
            yield answer._replace(group="at new" if answer.targets[0] >= len(old) else "at old")

    given = interactions(split(kept, parted.cut).before, old)
    newcomers = tuple((movie, data.facts.get(movie, Facts())) for movie in new)
    return Trial(given, answers, int(np.count_nonzero(asked)), _accuracy, newcomers)


def _accuracy(asked: Asked) -> dict[str, Figure]:
    return of_targets(asked) | by_chance(asked)
