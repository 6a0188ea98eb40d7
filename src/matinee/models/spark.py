"""Spark's MLlib at work: alternating least squares over ratings that are numbered already.

Ratings go to Spark as an Arrow table of the columns user, movie (both int32) and rating (float32), and
factors come back as one: no Python runs on the executors, and nothing there needs to reach the lake.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import DataFrame, SparkSession

from matinee import spark
from matinee.errors import TrainingError

LOCAL = "local[*]"
"""Spark inside this process's own JVM, on all cores."""
_BLOCK, _MOST_BLOCKS = 100_000, 500
"""So many ratings are a task, of which there are at most so many: each speaks with each of the others."""
_ROW = "row"


def session(master: str) -> AbstractContextManager[SparkSession]:
    """Spark at `master`: see `spark.session`."""
    return spark.session(master)


def fitted(ratings: pa.Table, parameters: dict[str, Any]) -> ALSModel:
    """MLlib's model of these ratings. Raises TrainingError with Spark's reason.

    The number of its tasks follows from that of the ratings alone, as the first factors depend on it.
    """
    blocks = min(max(2, ratings.num_rows // _BLOCK), _MOST_BLOCKS)
    als = ALS(userCol="user", itemCol="movie", ratingCol="rating", coldStartStrategy="drop", **parameters)
    als.setNumBlocks(blocks)
    with _telling():
        return als.fit(_frame(ratings))


def movie_factors(model: ALSModel) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The numbers of the movies and their factors, shapes (n,) and (n, rank)."""
    return _factors(model.itemFactors)


def user_factors(model: ALSModel) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """The same of the users."""
    return _factors(model.userFactors)


def predicted(model: ALSModel, pairs: pa.Table) -> npt.NDArray[np.float64]:
    """What users would rate movies, for each row of user and movie; NaN where MLlib dropped it as unknown."""
    rows = pairs.append_column(_ROW, pa.array(range(pairs.num_rows), pa.int64()))
    with _telling():
        found = model.transform(_frame(rows)).select(_ROW, "prediction").toArrow()
    stars = np.full(pairs.num_rows, np.nan)
    stars[found[_ROW].to_numpy()] = found["prediction"].to_numpy()
    return stars


def _frame(table: pa.Table) -> DataFrame:
    return (SparkSession.getActiveSession() or spark.start(LOCAL)).createDataFrame(table)


def _factors(frame: DataFrame) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    with _telling():
        found = frame.toArrow().combine_chunks()
    features = found["features"].combine_chunks().flatten().to_numpy()
    return found["id"].to_numpy(), features.reshape(found.num_rows, -1)


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except spark.FAILURES as error:
        raise TrainingError(f"Spark could not finish: {spark.reason(error)}; its log says more") from error
