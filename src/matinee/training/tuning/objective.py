"""What settings are chosen by: the main figure of a protocol, on its validation and nowhere else."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from threadpoolctl import threadpool_limits

import matinee
from matinee.errors import SettingError
from matinee.evaluation.contenders import RATERS, Contender, contender, telling
from matinee.evaluation.data import Data
from matinee.evaluation.evaluate import RANKING
from matinee.evaluation.metrics import WORTH, Worth
from matinee.evaluation.splits import On
from matinee.evaluation.trial import Slice, asked, with_newcomers
from matinee.evaluation.walk import Scorer
from matinee.models.options import ranges, values

ON: On = "validation"
"""Settings are chosen on this alone: nothing here takes another."""
SLICES = 50
"""The users are asked about in so many slices; after each a bad trial may be stopped."""


class SliceWorth(NamedTuple):
    """What a model got of one slice of the users, and the slice's number."""

    number: int
    worth: Worth


class Objective:
    """A model by a protocol: what it is fitted on and asked is made once, whatever the settings."""

    def __init__(self, data: Data, protocol: str, model: Contender, seed: int) -> None:
        self.protocol = protocol
        self.model = model
        self.seed = seed
        self.figure = RANKING[protocol].figure
        self._data = data._replace(events=data.events.clear())
        self._about = data.about
        self._trial = RANKING[protocol].trial(data, ON, seed, RANKING[protocol].options)

    @classmethod
    def of(cls, data: Data, protocol: str, name: str, seed: int, contenders: Mapping[str, str]) -> Self:
        """The model of this name among the contenders, with its default options, on the validation.

        Raises SettingError for a protocol or model that is not known or has nothing to be searched, and
        TrainingError for too little data.
        """
        if protocol not in RANKING:
            raise SettingError(
                f"settings are searched by a protocol that ranks, not by {protocol!r}; {_KNOWN}"
            )
        if name in RATERS:
            raise SettingError(f"{name} predicts ratings, and settings are searched for what ranks movies")
        model = contender(name, contenders, seed)
        if name not in contenders:
            raise SettingError(f"{name}: a search begins with the defaults; give the name alone")
        if not ranges(model.options):
            raise SettingError(f"{name} has no options to be searched; tune another model, or its parts")
        return cls(data, protocol, model, seed)

    @property
    def default(self) -> Any:
        """The options as they are without a search."""
        return self.model.options

    @property
    def signed(self) -> bool:
        """Whether the events have signed strengths, as training has them."""
        return self._data.signed

    @property
    def about(self) -> dict[str, Any]:
        """All that a search follows from, fit for JSON."""
        return {
            "matinee": matinee.__version__,
            "model": self.model.name,
            "protocol": self.protocol,
            "on": ON,
            "figure": self.figure,
            "seed": self.seed,
            "data": self._about,
            "protocol settings": asdict(RANKING[self.protocol].options),
            "defaults": values(self.default),
            "ranges": {name: range_._asdict() for name, range_ in ranges(self.default).items()},
        }

    @property
    def name(self) -> str:
        """A name for its files: model, protocol, and a digest of all that a search follows from.

        The same data elsewhere, under another name, are the same search.
        """
        told = {**self.about, "data": self._data.sha256}
        digest = blake2b(json.dumps(told).encode(), digest_size=6).hexdigest()
        return f"tune-{self.model.name}-{self.protocol}-{digest}"

    def slices(self, options: Any) -> Iterator[SliceWorth]:
        """Fit with these options, then ask slice by slice; those without a target are left out.

        Raises TrainingError where these options do not make a model.
        """
        fitted = self.model._replace(options=options).fit(self._trial.given, self._data.facts)
        model: Scorer = with_newcomers(fitted, self._trial)
        for number in range(SLICES):
            with telling(), threadpool_limits(1, "blas"):  # many small products: threads would only wait
                worth = WORTH[self.figure](asked(self._trial, model, Slice(number, SLICES)))
            if len(worth.each):
                yield SliceWorth(number, worth)

    def worth(self, options: Any) -> Worth:
        """What a model with these options gets of all users."""
        return Worth.joined([each.worth for each in self.slices(options)])


_KNOWN = f"known: {', '.join(RANKING)}"
