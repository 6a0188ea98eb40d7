"""Protocol 3, rating prediction: how many stars, reported because the usual pipeline reports it.

Of all ratings a tenth, drawn by the seed, is the test. Another tenth is the validation; for the test it is
trained on, for the validation the test is left out. RMSE and MAE are of stars; their errors take one user's
ratings as one observation. RMSE does not predict ranking, and nothing here is optimised for it.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from matinee.errors import TrainingError
from matinee.evaluation.data import Data
from matinee.evaluation.metrics import Doubles, Figure, mean
from matinee.evaluation.splits import On
from matinee.models.base import Ints

_SHARE = 0.1


class Stars(NamedTuple):
    """Ratings: parallel arrays of numbers of users, columns of movies and stars."""

    users: Ints
    columns: Ints
    values: Doubles
    n_users: int
    n_movies: int

    @classmethod
    def of(cls, rated: pl.DataFrame) -> Self:
        """The rows of user, movie and value (stars), numbered in the order of their ids."""
        users = rated["user"].rank("dense").to_numpy().astype(np.int32) - np.int32(1)
        columns = rated["movie"].rank("dense").to_numpy().astype(np.int32) - np.int32(1)
        n_users, n_movies = (int(each.max(initial=-1)) + 1 for each in (users, columns))
        return cls(users, columns, rated["value"].to_numpy(), n_users, n_movies)

    def part(self, rows: npt.NDArray[np.int64]) -> Self:
        """These rows, in their order here; users and movies keep their numbers."""
        rows = np.sort(rows)
        return self._replace(users=self.users[rows], columns=self.columns[rows], values=self.values[rows])


class Rater(Protocol):
    """What predicts ratings."""

    def predict(self, users: Ints, columns: Ints) -> Doubles:
        """The stars that each of these users would give to the movie beside it; any user, any movie."""
        ...


FitRater = Callable[[Stars], Rater]
"""What makes a rater from the ratings that it is fitted on."""


class RatingTrial(NamedTuple):
    """What raters are fitted on, and what they must predict."""

    given: Stars
    asked: Stars


def rating(data: Data, on: On, seed: int) -> RatingTrial:
    """The split of these data; the seed draws it. Raises TrainingError when there are too few ratings."""
    rated = data.events.drop_nulls("value")
    n = int(_SHARE * rated.height)
    if not n:
        raise TrainingError(f"{rated.height} ratings are too few to hold some back; give more ratings")
    order = np.random.default_rng(seed).permutation(rated.height)
    test, validation, rest = order[:n], order[n : 2 * n], order[2 * n :]
    stars = Stars.of(rated)
    if on == "validation":
        return RatingTrial(stars.part(rest), stars.part(validation))
    return RatingTrial(stars.part(order[n:]), stars.part(test))


def errors(predicted: Doubles, asked: Stars) -> dict[str, Figure]:
    """RMSE and MAE, that of RMSE by the delta method: se(MSE) / (2 RMSE)."""
    off = predicted - asked.values
    squared = mean(off**2, asked.users)
    rmse = float(np.sqrt(squared.value))
    return {
        "RMSE": Figure(rmse, squared.error / (2 * rmse) if rmse else 0.0),
        "MAE": mean(np.abs(off), asked.users),
    }
