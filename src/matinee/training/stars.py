"""How well explicit ALS foresees stars: fitted by Spark's MLlib on the earlier ratings, asked for the later.

It is reported, and is no part of the blend. Users and movies without an earlier rating are dropped, as by
MLlib's coldStartStrategy, and counted.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from matinee.evaluation.data import STARS
from matinee.evaluation.metrics import Figure
from matinee.evaluation.protocols.rating import Stars, errors
from matinee.evaluation.splits import cut_at
from matinee.models.mllib import ExplicitOptions, fit_explicit


class StarFigures(NamedTuple):
    """RMSE and MAE of the later ratings, `targets` of them, without those that were dropped."""

    rmse: Figure
    mae: Figure
    targets: int
    dropped: int


def star_figures(events: pl.DataFrame, options: ExplicitOptions, held_back: float) -> StarFigures | None:
    """The figures of explicit ALS on the last `held_back` of the ratings; None where there are too few.

    `events` has the columns user, movie, type, value and at.
    """
    rated = events.with_columns(STARS, pl.col("at").to_physical()).drop_nulls("value")
    if rated.height < 2:
        return None
    later = (rated["at"] > cut_at(rated, 1 - held_back)).to_numpy()
    stars = Stars.of(rated)
    given, asked = stars.part(np.flatnonzero(~later)), stars.part(np.flatnonzero(later))
    if not len(given.values):
        return None
    predicted = fit_explicit(given.users, given.columns, given.values, options).predict(
        asked.users, asked.columns
    )
    known = np.flatnonzero(~np.isnan(predicted))
    if not len(known):
        return None
    found = errors(predicted[known], asked.part(known))
    return StarFigures(found["RMSE"], found["MAE"], len(known), len(predicted) - len(known))
