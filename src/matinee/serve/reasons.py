"""Why a movie has its score, in numbers: what each past event gave to it, and what no event gave."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from matinee.events.types import EventType
from matinee.models.base import Floats, Ints

SHOWN = 3
"""How many past events are named for each movie of an explained list; the others are one reason together."""


class Reason(NamedTuple):
    """What one past event gave to a score; `movie` is None for what no single event gave.

    `value` is that of the event: stars, or how much was watched; `place` is its place in the history.
    """

    movie: str | None
    type: EventType | Literal["popularity", "other events"]
    gave: float
    value: float | None = None
    place: int = -1


def reasons_of(
    gave: Floats, scores: Floats, most: int, event: Callable[[int, float], Reason]
) -> Sequence[tuple[Reason, ...]]:
    """For each movie the `most` events that gave most, the others as one, and what no event gave.

    `gave` is of shape (events, movies), `scores` of shape (movies,); a movie's reasons sum to its score.
    `event` makes the reason of the event at a place that gave so much.
    """
    gave = np.ascontiguousarray(gave.T)
    order = _largest(np.abs(gave), most)
    strongest = np.take_along_axis(gave, order, axis=1)
    total = gave.sum(axis=1)
    base, rest = (scores - total).tolist(), (total - strongest.sum(axis=1)).tolist()
    found = []
    for movie, (places, shares) in enumerate(zip(order.tolist(), strongest.tolist(), strict=True)):
        reasons = [event(place, share) for place, share in zip(places, shares, strict=True)]
        if gave.shape[1] > most:
            reasons.append(Reason(None, "other events", rest[movie]))
        found.append((*reasons, Reason(None, "popularity", base[movie])))
    return found


def _largest(sizes: Floats, most: int) -> Ints:
    """The places of the `most` largest of each row, largest first."""
    order = np.arange(sizes.shape[1])[None, :]
    if most < sizes.shape[1]:
        order = np.argpartition(sizes, -most, axis=1)[:, -most:] if most else order[:, :0]
    found = np.take_along_axis(sizes, order, axis=1)
    return np.take_along_axis(order, np.argsort(-found, axis=1, kind="stable"), axis=1).astype(np.int32)
