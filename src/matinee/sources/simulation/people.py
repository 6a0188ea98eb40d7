"""The people of a simulation, and what they like."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Person:
    """Someone with a taste: `taste` is from 0 to 1 for each genre, a few of them high."""

    user: str
    taste: NDArray[np.float64]
    era: float
    """The release year that is liked best."""
    breadth: float
    """Years around it that are liked well."""
    sessions: float
    """A day, on average."""
    shift: float
    """Hours that this person lives later than most."""
    kindness: float
    """What is added to this person's ratings, in shares of the scale."""
    talkative: float
    """How often something watched is rated, liked or reviewed, relative to most people."""
    seen: set[int] = field(default_factory=set)
    """Places among the simulated movies."""


def meet(rng: np.random.Generator, user: str, genres: int, newest: int, sessions: float) -> Person:
    """A new person: a sparse taste over `genres`, an era not far before `newest`, an own pace."""
    taste = rng.dirichlet(np.full(genres, 0.3))
    return Person(
        user=user,
        taste=taste / taste.max(),
        era=newest - min(rng.exponential(12), 60.0),
        breadth=5 + rng.exponential(12),
        sessions=sessions * float(rng.lognormal(-0.4, 0.9)),
        shift=float(rng.normal(0, 1.2)),
        kindness=float(rng.normal(0, 0.07)),
        talkative=float(rng.lognormal(-0.2, 0.6)),
    )
