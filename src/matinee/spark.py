"""Spark, started here alone: the session that training and the stream work with, and what its errors say."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from matinee.errors import MissingExtraError, SettingError

FAILURES = (PySparkException, Py4JError, OSError)
"""What is raised of Spark's errors, and where its JVM has ended."""
_MOST = 300
"""Characters of what Spark tells."""
_STACK = "-Xss16m"
_EVERYWHERE = {
    # What a task is made of is told in full, one call within the other: each iteration of ALS goes deeper.
    "spark.driver.defaultJavaOptions": _STACK,
    "spark.executor.defaultJavaOptions": _STACK,
    # Warnings are of how Spark goes about its work; what fails is raised.
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
_ALONE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}
"""Of a Spark that is on this machine alone: nobody else is to reach it."""


@contextmanager
def session(master: str, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[SparkSession]:
    """Spark at `master` for what is done in here; a session that this process has already is used, and stays.

    What is not in `settings` comes from Spark's own `spark-defaults.conf`. Raises SettingError when there is
    no Spark at `master`, and MissingExtraError without Java.
    """
    if found := SparkSession.getActiveSession():
        yield found
        return
    spark = start(master, settings)
    try:
        yield spark
    finally:
        with suppress(*FAILURES):
            spark.stop()


def start(master: str, settings: Mapping[str, str] = MappingProxyType({})) -> SparkSession:
    """A session that lasts as long as the process. Raises what `session` raises.

    Ctrl-C goes on meaning what it meant before: Spark would take it for itself.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Of pandas we use nothing: pyspark only wants it to be there.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    builder = SparkSession.builder.appName("matinee").master(master)
    alone = _ALONE if master.startswith("local") else {}
    for name, value in {**_EVERYWHERE, **alone, **settings}.items():
        builder = builder.config(name, value)
    before = signal.getsignal(signal.SIGINT)
    try:
        return builder.getOrCreate()
    except PySparkException as error:  # of its launcher, before there is a JVM
        raise MissingExtraError(
            "Spark did not start, for the reason above: it needs Java 17 or newer (apt-get install "
            "openjdk-17-jre-headless, or its folder in JAVA_HOME), and for yarn HADOOP_CONF_DIR"
        ) from error
    except Py4JError as error:
        raise SettingError(
            f"there is no Spark at {master}: {reason(error)}; set MATINEE_SPARK_MASTER to local[*], "
            "spark://HOST:PORT or yarn (with HADOOP_CONF_DIR)"
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


def reason(error: BaseException) -> str:
    """The first line of what was at the root of it."""
    if not isinstance(error, Py4JJavaError):
        return _first_line(error)
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return _first_line(cause.toString())


def _first_line(told: object) -> str:
    return str(told).strip().partition("\n")[0][:_MOST]
