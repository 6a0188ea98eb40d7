"""Made-up contenders: of one a setting matters and another does not, and it tells what it was shown."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matinee.errors import TrainingError
from matinee.evaluation.contenders import NoOptions
from matinee.models.options import searched
from matinee.models.popular import Popular, PopularOptions

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
    """How far popularity is drowned in noise: what matters."""
    idle: int = field(default=5, metadata=searched(1, 10))
    """What does nothing."""
    seed: int = 0
    """What the noise is drawn from."""


@dataclass(frozen=True)
class FussyOptions:
    """One setting, which cannot be what it is by default."""

    level: float = field(default=0.0, metadata=searched(0, 1))


class Noisy:
    """Popularity and noise."""

    def __init__(self, given: Any, options: MadeUpOptions) -> None:
        popular = Popular.fit(given, PopularOptions(half_life_days=float("inf"))).scores(None)
        noise = np.random.default_rng(options.seed).normal(size=len(popular))
        self._scores = (popular + options.noise * noise).astype(np.float32)

    def state(self, history: Any) -> None:
        SHOWN.append(history.at.tolist())

    def fold_in(self, state: None, event: Any) -> None:
        SHOWN.append([event.at])

    def scores(self, state: None, at: int | None = None) -> Any:
        SHOWN.append([] if at is None else [at])
        return self._scores.copy()


def made_up(given: Any, _facts: Any, options: MadeUpOptions) -> Noisy:
    SHOWN.append(given.at.tolist())
    return Noisy(given, options)


def hopeless(given: Any, _facts: Any, options: MadeUpOptions) -> Noisy:
    raise TrainingError("the equations are singular")


def fussy(given: Any, _facts: Any, options: FussyOptions) -> Noisy:
    if options.level < 0.5:
        raise ValueError("too low")
    return Noisy(given, MadeUpOptions(noise=1 - options.level))


def plain(given: Any, _facts: Any, options: NoOptions) -> Noisy:
    return Noisy(given, MadeUpOptions())
