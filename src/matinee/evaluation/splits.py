"""How events are parted into those that are trained on and those that are asked about.

Settings are chosen on `validation` and reported on `test`. What a validation is made of never has an event of
the test. Where the cuts are does come from all events, being quantiles of the times of their core.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal, NamedTuple

import numpy as np
import polars as pl

from matinee.errors import TrainingError
from matinee.evaluation.walk import Flags
from matinee.models.base import Interactions
from matinee.models.lives import DAY, first_of_pairs, places_of

On = Literal["validation", "test"]
"""What figures are of: the validation, to choose settings by, or the test, to report."""


class Split(NamedTuple):
    """Events up to the cut, and those after it."""

    before: pl.DataFrame
    after: pl.DataFrame


class TimeSplit(NamedTuple):
    """`events` of which those up to `cut` are trained on and those after it asked about.

    Of users who have an event at or before `known`; None: of all.
    """

    events: pl.DataFrame
    cut: float
    known: float | None = None

    @property
    def before(self) -> pl.DataFrame:
        """What is trained on."""
        return split(self.events, self.cut).before


@dataclass(frozen=True)
class Times:
    """Where time is cut."""

    validation: float = 0.8
    """The quantile of the times of all events at which the validation begins."""
    test: float = 0.9
    """The quantile at which the validation ends and the test begins."""
    known_days: float = 7.0
    """How long before the validation those must have had an event who are asked about in it."""


def split(events: pl.DataFrame, cut: datetime | int | float) -> Split:
    """Events at or before the cut, and after it."""
    early = pl.col("at") <= cut
    return Split(events.filter(early), events.filter(~early))


def core(events: pl.DataFrame, n: int) -> pl.DataFrame:
    """The largest part of `events` in which every user and every movie has at least `n` of them."""
    while True:
        enough = (pl.len().over("user") >= n) & (pl.len().over("movie") >= n)
        kept = events.filter(enough)
        if kept.height == events.height:
            return kept
        events = kept


def time_split(events: pl.DataFrame, on: On, n_core: int, times: Times) -> TimeSplit:
    """The `n_core` of `events`, cut at a quantile of time.

    Test: cut at the quantile `times.test`. Validation: events after that are taken away first, and the core
    is that of what remains; cut at the quantile `times.validation`; asked are people with an event at least
    `times.known_days` before it, because most events of a new user are of its first hours, which are easier.
    Raises TrainingError when nothing remains on one side of the cut.
    """
    kept = core(events, n_core)
    end, start = cut_at(kept, times.test), cut_at(kept, times.validation)
    parted = TimeSplit(kept, end)
    if on == "validation":
        kept = core(split(events, end).before, n_core)
        parted = TimeSplit(kept, start, start - times.known_days * DAY)
    if parted.before.height in (0, kept.height):
        raise TrainingError(
            f"the events of users and movies with at least {n_core} of them are all on one side of the cut "
            "in time; give more events"
        )
    return parted


def targets(whole: Interactions, cut: float, known: float | None = None) -> Flags:
    """Which events are targets: positive, after the cut, not a user's first, at a movie new to them.

    With `known` only those of users whose first event is at or before it.
    """
    place = places_of(whole.users)
    wanted = (
        first_of_pairs(whole.users, whole.columns) & (whole.strengths > 0) & (whole.at > cut) & (place > 0)
    )
    if known is not None and len(wanted):
        wanted &= whole.at[np.arange(len(place)) - place] <= known
    return wanted


def last_targets(whole: Interactions, wanted: Flags) -> Flags:
    """The last one of every user's."""
    index = np.flatnonzero(wanted)
    users = whole.users[index]
    last = np.zeros_like(wanted)
    last[index[np.r_[users[1:] != users[:-1], True][: len(index)]]] = True
    return last


def thinned(wanted: Flags, most: int) -> Flags:
    """At most `most` of the wanted, evenly spread."""
    index = np.flatnonzero(wanted)
    if len(index) > most:
        index = index[np.linspace(0, len(index) - 1, most).astype(np.int64)]
    left = np.zeros_like(wanted)
    left[index] = True
    return left


def drawn(names: pl.Series, share: float, seed: int) -> tuple[pl.Series, pl.Series]:
    """Two parts of `names`, validation and test, each that share of them, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(len(names))
    n = int(share * len(names))
    shuffled = names.sort()[order]
    return shuffled[:n], shuffled[n : 2 * n]


def drawn_apart(names: pl.Series, share: float, seed: int) -> tuple[pl.Series, pl.Series]:
    """The same of names that are not the same in both: each is drawn alone, by its digest with the seed."""
    digests = [blake2b(f"{seed} {name}".encode(), digest_size=8).digest() for name in names]
    place = pl.Series([int.from_bytes(digest) / 2**64 for digest in digests], dtype=pl.Float64)
    return names.filter(place < share), names.filter((place >= share) & (place < 2 * share))


def cut_at(events: pl.DataFrame, quantile: float) -> float:
    """The quantile of the times of `events`, or just before the last of them where as many are as late."""
    if events.is_empty():
        raise TrainingError("no user and movie has events enough to be measured by; give more events")
    at = events["at"].to_numpy().astype(np.float64)
    return float(min(np.quantile(at, quantile), np.nextafter(at.max(), -np.inf)))
