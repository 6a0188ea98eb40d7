"""Matinee's own models as contenders: each part of the blend alone, plain popularity, and ALS by Spark."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from matinee.evaluation.contenders import NoOptions
from matinee.evaluation.metrics import Doubles
from matinee.evaluation.protocols.rating import Stars
from matinee.events.types import Facts
from matinee.models import mllib
from matinee.models.autoencoder import Autoencoder, AutoencoderOptions
from matinee.models.base import Interactions, Ints
from matinee.models.content import Content, ContentOptions
from matinee.models.ials import Ials, IalsOptions
from matinee.models.mllib import ExplicitAls, ExplicitOptions, MllibOptions
from matinee.models.options import searched
from matinee.models.popular import Popular, PopularOptions
from matinee.models.sequence import SequenceModel, SequenceOptions


class WithMean:
    """Explicit ALS, which says the mean of all ratings where it knows nothing of the user or the movie.

    So it is asked the same as the others.
    """

    def __init__(self, als: ExplicitAls, mean: float) -> None:
        self._als = als
        self._mean = mean

    def predict(self, users: Ints, columns: Ints) -> Doubles:
        """The stars that MLlib predicts, or the mean."""
        stars = self._als.predict(users, columns)
        return np.where(np.isnan(stars), self._mean, stars)


@dataclass(frozen=True)
class RecencyOptions:
    """How events age."""

    half_life_days: float = field(default=90.0, metadata=searched(1, 3650, log=True, least=0.001))
    """The age at which an event counts half."""
    least: float = field(default=0.1, metadata=searched(0.001, 1, log=True, most=1))
    """What an event counts at least, however old it is."""


def popularity(given: Interactions, _facts: Mapping[str, Facts], _options: NoOptions) -> Popular:
    """How many events a movie has, whenever they were."""
    return Popular.fit(given, PopularOptions(half_life_days=float("inf"), stages=0))


def recency_popularity(given: Interactions, _facts: Mapping[str, Facts], options: RecencyOptions) -> Popular:
    """How many it has, old ones counting less."""
    return Popular.fit(given, PopularOptions(options.half_life_days, options.least, stages=0))


def popular(given: Interactions, _facts: Mapping[str, Facts], options: PopularOptions) -> Popular:
    """The same for long histories; beginners get what beginners do."""
    return Popular.fit(given, options)


def ials(given: Interactions, _facts: Mapping[str, Facts], options: IalsOptions) -> Ials:
    """Matinee's implicit ALS with exact fold-in."""
    return Ials.fit(given, options)


def spark_als(given: Interactions, _facts: Mapping[str, Facts], options: MllibOptions) -> Ials:
    """The same, its movie factors by Spark's MLlib."""
    return mllib.fit(given, options)


def sequence(given: Interactions, _facts: Mapping[str, Facts], options: SequenceOptions) -> SequenceModel:
    """The sequential linear model."""
    return SequenceModel.fit(given, options)


def autoencoder(given: Interactions, _facts: Mapping[str, Facts], options: AutoencoderOptions) -> Autoencoder:
    """The linear autoencoder."""
    return Autoencoder.fit(given, options)


def content(given: Interactions, facts: Mapping[str, Facts], options: ContentOptions) -> Content:
    """What the movies are about."""
    return Content.fit([facts.get(movie, Facts()) for movie in given.movies], options)


def spark_als_explicit(given: Stars, _facts: Mapping[str, Facts], options: ExplicitOptions) -> WithMean:
    """Explicit ALS of stars by Spark's MLlib."""
    als = mllib.fit_explicit(given.users, given.columns, given.values, options)
    return WithMean(als, float(given.values.mean()))
