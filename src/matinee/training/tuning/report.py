"""The result of a tuning: what was searched on what, what was found, and what each setting is worth."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from matinee.evaluation.metrics import Figure
from matinee.models.options import Value, changed
from matinee.training.tuning.objective import Objective
from matinee.training.tuning.tried import Tried
from matinee.training.tuning.worth import Gain

_DIGITS = 6


class Tuning(NamedTuple):
    """What was searched by, all trials, and what is gained by the best of them."""

    objective: Objective
    tried: Sequence[Tried]
    gain: Gain
    kept: bool
    """Whether training uses them from now on."""

    @property
    def settings(self) -> dict[str, Value]:
        """The best settings, those that are not the defaults."""
        return changed(self.gain.options, self.objective.default)

    @property
    def model(self) -> str:
        """The model with these settings, as `matinee evaluate --model` takes it."""
        told = ",".join(f"{name}={json.dumps(value)}" for name, value in self.settings.items())
        name = self.objective.model.name
        return f"{name}:{told}" if told else name

    @property
    def outcomes(self) -> dict[str, int]:
        """How many trials finished, were stopped early, and failed."""
        counts = Counter(each.outcome for each in self.tried)
        return {name: counts[name] for name in ("finished", "stopped", "failed")}

    def result(self) -> dict[str, Any]:
        """All of it, fit for JSON: the same search gives the same."""
        gained = {name: _plain(getattr(self.gain, name)) for name in ("default", "best", "worth")}
        return {
            **self.objective.about,
            "outcomes": self.outcomes,
            **gained,
            "settings": self.settings,
            "evaluate": self.model,
            "kept for training": self.kept,
            "worth of each": [{**each._asdict(), **_figures(each)} for each in self.gain.settings],
            "trials": [_trial(each, self.objective.default) for each in self.tried],
        }

    def as_bytes(self) -> bytes:
        """The result as it is kept in a file."""
        return json.dumps(self.result(), indent=1, ensure_ascii=False).encode() + b"\n"

    @property
    def name(self) -> str:
        """A name for the file."""
        return f"{self.objective.name}.json"


def _figures(each: Any) -> dict[str, Any]:
    return {"without": _plain(each.without), "worth": _plain(each.worth)}


def _trial(each: Tried, default: Any) -> dict[str, Any]:
    figure = None if each.figure is None else round(each.figure, _DIGITS)
    told = {"outcome": each.outcome, "figure": figure, "settings": changed(each.options, default)}
    return {**told, "reason": each.reason} if each.reason else told


def _plain(figure: Figure | None) -> dict[str, float] | None:
    return figure and {name: round(value, _DIGITS) for name, value in figure._asdict().items()}
