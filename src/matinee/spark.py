"""Spark, started here alone: the session that training and the stream work with, and what its errors say."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import pyspark
from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from matinee.errors import MissingExtraError, SettingError
from matinee.java import find_java

FAILURES = (PySparkException, Py4JError, OSError)
"""What is raised of Spark's errors, and where its JVM has ended."""
_MOST = 300
"""Characters of what Spark tells."""
_STACK = "-Xss16m"
"""What a task is made of is told in full, one call within the other: each iteration of ALS goes deeper."""
_LOGGING = "log4j2.properties"
_OWN_LOGGING = Path(__file__).with_name(f"spark.{_LOGGING}")
_HADOOP = ("HADOOP_CONF_DIR", "YARN_CONF_DIR")
_LOCAL = "127.0.0.1"
_ALONE = {
    "spark.driver.host": _LOCAL,
    "spark.driver.bindAddress": _LOCAL,
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


def check(master: str) -> None:
    """Raise MissingExtraError or SettingError when no JVM for Spark at `master` can be started here."""
    find_java()
    if master == "yarn" and not any(map(os.environ.get, _HADOOP)):
        raise SettingError(
            "MATINEE_SPARK_MASTER is yarn, and HADOOP_CONF_DIR not set: it names the folder of yarn-site.xml"
        )


def start(master: str, settings: Mapping[str, str] = MappingProxyType({})) -> SparkSession:
    """A session that lasts as long as the process. Raises what `session` raises.

    Ctrl-C goes on meaning what it meant before: Spark would take it for itself.
    """
    check(master)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Of pandas we use nothing: pyspark only wants it to be there.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    local = master.startswith("local")
    if local:
        os.environ.setdefault("SPARK_LOCAL_IP", _LOCAL)
    configuration = SparkConf().setAppName("matinee").setMaster(master)
    configuration.setAll([*_everywhere().items(), *(_ALONE if local else {}).items(), *settings.items()])
    before = signal.getsignal(signal.SIGINT)
    try:
        if SparkContext._active_spark_context is None:  # else that of another thread is joined
            SparkContext(conf=configuration, gateway=_jvm(configuration))
        return SparkSession.builder.getOrCreate()
    except PySparkException as error:  # of its launcher, before there is a JVM
        raise MissingExtraError(
            "Spark did not start, for the reason above; mend it, and start again"
        ) from error
    except Py4JError as error:
        raise SettingError(
            f"there is no Spark at {master}: {reason(error)}; set MATINEE_SPARK_MASTER to local[*], "
            "spark://HOST:PORT or yarn (with HADOOP_CONF_DIR)"
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


def _jvm(configuration: SparkConf) -> JavaGateway | None:
    """A JVM that ends with this process, however that ends, and by nothing else; None where there is one.

    What a terminal or a service manager sends to the whole group is for this process alone: it has what is
    under way in the JVM finished.
    """
    if SparkContext._gateway is not None:
        return None
    with _held_back():
        jvm: JavaGateway = launch_gateway(configuration, {"start_new_session": True})  # type: ignore[no-untyped-call]
    return jvm


@contextmanager
def _held_back() -> Iterator[None]:
    """Ctrl-C in here counts once this is over: a JVM that is still starting would not learn of our end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        signal.raise_signal(signal.SIGINT)


def _everywhere() -> dict[str, str]:
    """Settings of every Spark: our own logging, unless the folder of Spark's configuration has one."""
    home = os.environ.get("SPARK_HOME", pyspark.__path__[0])
    folder = Path(os.environ.get("SPARK_CONF_DIR") or Path(home) / "conf")
    logging = "" if (folder / _LOGGING).exists() else f" -Dlog4j2.configurationFile={_OWN_LOGGING.as_uri()}"
    return {
        "spark.driver.defaultJavaOptions": _STACK + logging,
        "spark.executor.defaultJavaOptions": _STACK,
        "spark.ui.showConsoleProgress": "false",
    }


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
