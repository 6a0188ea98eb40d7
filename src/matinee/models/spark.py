"""Spark's MLlib at work: the session, and alternating least squares over ratings that are numbered already.

Ratings go to Spark as an Arrow table of the columns user, movie (both int32) and rating (float32), and
factors come back as one: no Python runs on the executors, and nothing there needs to reach the lake.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import DataFrame, SparkSession

from matinee.errors import MissingExtraError, SettingError, TrainingError

LOCAL = "local[*]"
"""Spark inside this process's own JVM, on all cores."""
_BLOCK, _MOST_BLOCKS = 100_000, 500
"""So many ratings are a task, of which there are at most so many: each speaks with each of the others."""
_ROW = "row"
_GONE = (Py4JError, OSError)
"""What py4j raises of Spark's errors, and where its JVM has ended."""
_STACK = "-Xss16m"
_EVERYWHERE = {"spark.driver.defaultJavaOptions": _STACK, "spark.executor.defaultJavaOptions": _STACK}
"""What a task is made of is told in full, one call within the other: every iteration makes it deeper."""
_ALONE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""Of a Spark that is on this machine alone: nobody else is to reach it, and its warnings concern clusters."""


@contextmanager
def session(master: str) -> Iterator[None]:
    """Spark at `master` for what is done in here; a session that this process has already is used, and stays.

    Whatever else it needs comes from Spark's own `spark-defaults.conf`. Raises SettingError when there is no
    Spark at `master`, and MissingExtraError without Java.
    """
    if SparkSession.getActiveSession():
        yield
        return
    spark = _started(master)
    try:
        yield
    finally:
        with suppress(*_GONE):
            spark.stop()


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


def _started(master: str) -> SparkSession:
    builder = SparkSession.builder.appName("matinee").master(master)
    for name, value in {**_EVERYWHERE, **(_ALONE if master.startswith("local") else {})}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except PySparkException as error:  # of its launcher, before there is a JVM
        raise MissingExtraError(
            "Spark did not start, for the reason above: it needs Java 17 or newer (apt-get install "
            "openjdk-17-jre-headless, or its folder in JAVA_HOME), and for yarn HADOOP_CONF_DIR"
        ) from error
    except Py4JError as error:
        raise SettingError(
            f"there is no Spark at {master}: {_reason(error)}; set MATINEE_SPARK_MASTER to local[*], "
            "spark://HOST:PORT or yarn (with HADOOP_CONF_DIR)"
        ) from error


def _frame(table: pa.Table) -> DataFrame:
    return (SparkSession.getActiveSession() or _started(LOCAL)).createDataFrame(table)


def _factors(frame: DataFrame) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    with _telling():
        found = frame.toArrow().combine_chunks()
    features = found["features"].combine_chunks().flatten().to_numpy()
    return found["id"].to_numpy(), features.reshape(found.num_rows, -1)


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (PySparkException, *_GONE) as error:
        raise TrainingError(f"Spark could not finish: {_reason(error)}; its log says more") from error


def _reason(error: Exception) -> str:
    """The first line of what was at the root of it."""
    if not isinstance(error, Py4JJavaError):
        return _first_line(error)
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return _first_line(cause.toString())


def _first_line(told: object) -> str:
    return str(told).strip().partition("\n")[0]
