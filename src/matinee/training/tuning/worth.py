"""What each setting is worth: what putting it back to its default loses. One worth nothing stays there."""

from typing import Any, NamedTuple

from matinee.errors import TrainingError
from matinee.evaluation.metrics import Figure, Worth
from matinee.models.options import Value, changed, values, with_value
from matinee.progress import Progress
from matinee.training.tuning.objective import Objective


class SettingWorth(NamedTuple):
    """One setting: its default and what was found, the figure with the default in place, and what that loses.

    Both are None where no model can be made with the default in place. What loses nothing is not `taken`.
    """

    name: str
    default: Value
    found: Value
    without: Figure | None
    worth: Figure | None
    taken: bool


class Gain(NamedTuple):
    """The figures of the defaults and of the best options, their difference, and each setting's worth.

    `default` and `worth` are None where the defaults do not make a model. Errors of differences are those of
    pairs: both were asked the same.
    """

    options: Any
    default: Figure | None
    best: Figure
    worth: Figure | None
    settings: tuple[SettingWorth, ...]


def gain(objective: Objective, found: Any, progress: Progress) -> Gain:
    """What is gained by the options `found`, and by each of them: a fit for each, one after the other.

    A setting that is worth nothing is put back to its default, and the next are measured without it.
    """
    changes = changed(found, objective.default)
    total = len(changes) + 2
    progress("the defaults again", 0, total)
    default = _worth(objective, objective.default)
    progress("the best settings again", 1, total)
    reached = default if default and not changes else objective.worth(found)
    now, rows = found, []
    for done, (name, value) in enumerate(changes.items()):
        progress(f"without {name}", done + 2, total)
        usual = values(objective.default)[name]
        put_back = with_value(now, name, usual)
        other = default if put_back == objective.default else _worth(objective, put_back)
        without, lost = _against(reached, other)
        taken = lost is None or lost.value > 0
        rows.append(SettingWorth(name, usual, value, without, lost, taken))
        if other and not taken:
            now, reached = put_back, other
    before, worth = _against(reached, default)
    return Gain(now, before, reached.figure, worth, tuple(rows))


def _worth(objective: Objective, options: Any) -> Worth | None:
    try:
        return objective.worth(options)
    except TrainingError:
        return None


def _against(reached: Worth, other: Worth | None) -> tuple[Figure | None, Figure | None]:
    return (other.figure, reached.over(other)) if other else (None, None)
