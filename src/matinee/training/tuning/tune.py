"""Tuning as a whole: search, keep what is better for training, and say what each setting is worth."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

from matinee.errors import MissingExtraError
from matinee.models.options import ranges
from matinee.progress import Progress, within
from matinee.training.tuned import Found, part_of, read_tuned, write_tuned
from matinee.training.tuning.objective import Objective
from matinee.training.tuning.report import Tuning
from matinee.training.tuning.tried import Tried, best
from matinee.training.tuning.worth import Gain, gain

_ERRORS = 2.0
"""So many standard errors the gain must be, for settings to be kept for training."""
Search = Callable[[Objective, Path, int, Progress], list[Tried]]


def load_search() -> Search:
    """`search.search`; raises MissingExtraError when the library that it is made with is not installed."""
    try:
        return cast("Search", importlib.import_module("matinee.training.tuning.search").search)
    except ImportError as error:
        advice = "in the checkout, .venv/bin/pip install -c constraints.txt -e '.[tune]'"
        raise MissingExtraError(f"tuning needs {error.name}: {advice}") from error


def tune(
    search: Search, objective: Objective, folder: Path, tuned: Path, trials: int, progress: Progress
) -> Tuning:
    """The search that a file in `folder` keeps, gone on with to so many trials, and what its best is worth.

    If that is a gain for a part of the blend, by more than twice its error and on signed strengths, as
    training fits, the file `tuned` has these settings from now on; else it stays as it was.
    """
    read_tuned(tuned)  # what cannot be read is told before the search, not after it
    share = trials / (trials + len(ranges(objective.default)) + 2)
    file = folder / f"{objective.name}.journal"
    tried = search(objective, file, trials, within(progress, 0.0, share))
    gained = gain(objective, best(tried).options, within(progress, share, 1.0))
    part = part_of(objective.default) if objective.signed and _is_sure(gained) else None
    found = Tuning(objective, tried, gained, kept=part is not None)
    if part is not None:
        _keep(found, part, tuned)
    return found


def _is_sure(gained: Gain) -> bool:
    """Whether the best is better by more than chance: of many trials one is always the best."""
    return gained.worth is not None and gained.worth.value > _ERRORS * gained.worth.error


def _keep(found: Tuning, part: str, tuned: Path) -> None:
    about = found.objective.about
    told = {name: about[name] for name in ("protocol", "on", "figure", "seed", "data", "matinee")}
    now = Found(found.settings, {**told, "value": found.gain.best.value})
    write_tuned(tuned, {**read_tuned(tuned), part: now})
