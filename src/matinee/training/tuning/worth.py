"""What each setting is worth: what the best settings lose when that one is put back to its default."""

from typing import Any, NamedTuple

from matinee.errors import TrainingError
from matinee.evaluation.metrics import Figure, Worth
from matinee.models.options import Value, changed, values, with_value
from matinee.progress import Progress
from matinee.training.tuning.objective import Objective


class SettingWorth(NamedTuple):
    """One setting: its default and its best value, the figure with the default in place, and the difference.

    Both are None where no model can be made with the default in place.
    """

    name: str
    default: Value
    best: Value
    without: Figure | None
    worth: Figure | None


class Gain(NamedTuple):
    """The figures of the defaults and of the best settings, their difference, and each setting's worth.

    `default` and `worth` are None where the defaults do not make a model. Errors of differences are those of
    pairs: both were asked the same.
    """

    default: Figure | None
    best: Figure
    worth: Figure | None
    settings: tuple[SettingWorth, ...]


def gain(objective: Objective, best: Any, progress: Progress) -> Gain:
    """What is gained by the options `best`, as a whole and by each: a fit for each setting changed."""
    changes = changed(best, objective.default)
    names = [*changes] if len(changes) > 1 else []
    total = len(names) + 2
    progress("the best settings again", 0, total)
    reached = objective.worth(best)
    progress("the defaults again", 1, total)
    default = _worth(objective, objective.default)
    alone: dict[str, Worth | None] = dict.fromkeys(changes, default)
    for done, name in enumerate(names):
        progress(f"without {name}", done + 2, total)
        alone[name] = _worth(objective, with_value(best, name, values(objective.default)[name]))
    rows = tuple(
        SettingWorth(name, values(objective.default)[name], value, *_against(reached, alone[name]))
        for name, value in changes.items()
    )
    before, worth = _against(reached, default)
    return Gain(before, reached.figure, worth, rows)


def _worth(objective: Objective, options: Any) -> Worth | None:
    try:
        return objective.worth(options)
    except TrainingError:
        return None


def _against(reached: Worth, other: Worth | None) -> tuple[Figure | None, Figure | None]:
    return (other.figure, reached.over(other)) if other else (None, None)
