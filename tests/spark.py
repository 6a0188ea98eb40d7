"""Spark for tests: one session on two cores for a whole process, started by the first test that needs it."""

import atexit
import functools
import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from deploy.local.servers import Running
from deploy.local.tools import java, maven
from matinee.errors import MissingExtraError
from matinee.stream.spark import SparkOptions, session
from tests.servers import SHORT_LIVED, had

JARS = Path("~/.cache/matinee/jars").expanduser()
OPTIONS = SparkOptions("local[2]", JARS, seconds=0.1)


def needs_spark() -> None:
    """Skip a test without Java or Maven; with CI set it fails."""
    had(java), had(maven)


@functools.cache
def spark() -> SparkSession:
    """From here on this process has a session, which the stream's tests hand on, and all fits use."""
    needs_spark()
    opened = session(OPTIONS)
    try:
        started = opened.__enter__()
    except MissingExtraError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    atexit.register(opened.__exit__, None, None, None)
    return started


def on_cluster(running: Running, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The master of a cluster of Spark's own, for verbs from here on, configured in `folder`."""
    keys = {f"spark.executorEnv.{key}": value for key, value in os.environ.items() if key.startswith("AWS_")}
    told = {
        "spark.executor.instances": "1",
        "spark.executor.memory": "512m",
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        **keys,
    }
    (folder / "spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in told.items()))
    for variable, value in {**running.environment, "SPARK_CONF_DIR": str(folder)}.items():
        monkeypatch.setenv(variable, value)
    return running.address
