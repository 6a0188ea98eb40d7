"""Made-up contenders: of one a setting matters and another does not, and it tells what it was shown."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matinee.errors import TrainingError
from matinee.evaluation.contenders import NoOptions
from matinee.models.options import searched

CONTENDERS = {
    "made-up": "tests.training.tuning.made_up:made_up",
    "hopeless": "tests.training.tuning.made_up:hopeless",
    "fussy": "tests.training.tuning.made_up:fussy",
    "plain": "tests.training.tuning.made_up:plain",
}
SHOWN: list[Any] = []
"""Of every fit and every question since this was cleared, the moments of all events that were shown."""


@dataclass(frozen=True)
class MadeUpOptions:
    """Two settings."""

    noise: float = field(default=1.0, metadata=searched(0, 2))
    """How far what is known is drowned in noise: what matters."""
    idle: int = field(default=5, metadata=searched(1, 10))
    """What does nothing."""
    seed: int = 0
    """What the noise is drawn from."""


@dataclass(frozen=True)
class FussyOptions:
    """One setting, which cannot be what it is by default."""

    level: float = field(default=0.0, metadata=searched(0, 1))


class Noisy:
    """What people go on to, three movies further, and noise; the state is the last movie."""

    def __init__(self, n_movies: int, options: MadeUpOptions) -> None:
        noise = np.random.default_rng(options.seed).normal(size=(n_movies, n_movies))
        self._scores = (np.roll(np.eye(n_movies), 3, axis=1) + options.noise * noise).astype(np.float32)

    def state(self, history: Any) -> int:
        SHOWN.append(history.at.tolist())
        return int(history.columns[-1]) if len(history.columns) else 0

    def fold_in(self, state: int, event: Any) -> int:
        SHOWN.append([event.at])
        return int(event.column)

    def scores(self, state: int, at: int | None = None) -> Any:
        SHOWN.append([] if at is None else [at])
        return self._scores[state].copy()


def made_up(given: Any, _facts: Any, options: MadeUpOptions) -> Noisy:
    SHOWN.append(given.at.tolist())
    return Noisy(len(given.movies), options)


def hopeless(given: Any, _facts: Any, options: MadeUpOptions) -> Noisy:
    raise TrainingError("the equations are singular")


def fussy(given: Any, _facts: Any, options: FussyOptions) -> Noisy:
    if options.level < 0.5:
        raise ValueError("too low")
    return Noisy(len(given.movies), MadeUpOptions(noise=1 - options.level))


def plain(given: Any, _facts: Any, options: NoOptions) -> Noisy:
    return Noisy(len(given.movies), MadeUpOptions())
