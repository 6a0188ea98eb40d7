"""ALS by Spark's MLlib: implicit, which becomes the same `Ials` as the embedded one, and explicit, of stars.

Implicit: MLlib minimises what `ials` does, with the same p and c for strengths of either sign; but its
lambda counts once for each movie that a user likes, and once for each user who likes a movie. `Ials` knows
that as `scaled`, so that a user who is folded in is exactly MLlib's own half-step over its movie factors.

Ids are numbered here: MLlib takes nothing but 32-bit integers.
"""

import importlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_matrix

from matinee.errors import MissingExtraError
from matinee.models.base import Interactions, Ints
from matinee.models.ials import Doubles, Ials, IalsOptions, strengths
from matinee.models.options import possible, searched


@dataclass(frozen=True)
class MllibOptions(IalsOptions):
    """How MLlib fits the factors: the options of `ials`, but for another lambda."""

    regularization: float = field(default=0.01, metadata=searched(1e-5, 1, log=True, least=1e-6, most=1e9))
    """lambda, which counts once for each like of a user or movie."""


@dataclass(frozen=True)
class ExplicitOptions:
    """How MLlib fits stars."""

    factors: int = field(default=10, metadata=possible(1, 4096))
    """The length of the vectors."""
    regularization: float = field(default=0.1, metadata=possible(1e-6, 1e9))
    """lambda, which counts once for each rating of a user or movie."""
    iterations: int = field(default=10, metadata=possible(1))
    """How often users and movies are solved in turn."""
    seed: int = field(default=7, metadata=possible(0, 2**32 - 1))
    """What the first factors are drawn from."""


class ExplicitAls:
    """Stars by explicit ALS, for as long as Spark's session lasts."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, users: Ints, columns: Ints) -> Doubles:
        """The stars that each of these users would give; NaN where MLlib has no ratings of user or movie."""
        stars: Doubles = _spark().predicted(self._model, _table(users, columns))
        return stars


def session(master: str) -> AbstractContextManager[None]:
    """Spark at `master`: `local[*]`, `spark://HOST:PORT` or `yarn`, for what is done in it.

    Without one, fits use the session that the process has, or a `local[*]` of their own.
    """
    opened: AbstractContextManager[None] = _spark().session(master)
    return opened


def fit(given: Interactions, options: MllibOptions | None = None) -> Ials:
    """Implicit ALS; a movie that nobody likes gets factors of 0, as its equation says.

    Raises TrainingError with Spark's reason, and MissingExtraError without pyspark or Java.
    """
    options = options or MllibOptions()
    Y = np.zeros((len(given.movies), options.factors), np.float32)
    ratings = liked(given)
    if ratings.num_rows:
        spark = _spark()
        columns, factors = spark.movie_factors(spark.fitted(ratings, implicit(options)))
        Y[columns] = factors
    return Ials(options, Y, scaled=True)


def fit_explicit(users: Ints, columns: Ints, stars: Doubles, options: ExplicitOptions) -> ExplicitAls:
    """Explicit ALS of these ratings. Raises like `fit`."""
    ratings = _table(users, columns).append_column("rating", pa.array(stars.astype(np.float32)))
    return ExplicitAls(_spark().fitted(ratings, _common(options)))


def liked(given: Interactions) -> pa.Table:
    """The strengths of users and movies as MLlib's ratings, of those with any that is positive.

    Without one b = 0, so their factors are 0 and give nothing to others; and lambda counts no times, so that
    MLlib may find their equation singular and end.
    """
    sums = _with_likes(strengths(given)).tocoo()
    return _table(sums.row, sums.col).append_column("rating", pa.array(sums.data))


def implicit(options: MllibOptions) -> dict[str, Any]:
    """These options by MLlib's names."""
    return {**_common(options), "alpha": options.alpha, "implicitPrefs": True}


def _common(options: MllibOptions | ExplicitOptions) -> dict[str, Any]:
    return {
        "rank": options.factors,
        "maxIter": options.iterations,
        "regParam": options.regularization,
        "seed": options.seed,
    }


def _with_likes(sums: csr_matrix) -> csr_matrix:
    """The same without the rows and columns in which nothing is positive."""
    positive = sums > 0
    kept = sums.multiply(positive.max(axis=1)).multiply(positive.max(axis=0)).tocsr()
    kept.eliminate_zeros()
    return kept


def _table(users: Ints, columns: Ints) -> pa.Table:
    named: dict[str, npt.NDArray[np.int32]] = {
        "user": users.astype(np.int32),
        "movie": columns.astype(np.int32),
    }
    return pa.table(named)


def _spark() -> Any:
    """The file that imports pyspark, imported when it is needed."""
    try:
        return importlib.import_module("matinee.models.spark")
    except ImportError as error:
        advice = "in the checkout, .venv/bin/pip install -c constraints.txt -e '.[spark]'"
        raise MissingExtraError(f"Spark needs {error.name}: {advice}") from error
