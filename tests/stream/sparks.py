"""Spark for tests of the stream: one session for a whole process, started by the first test that needs it."""

import atexit
import functools
import os
from pathlib import Path

import psutil
import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from deploy.local.errors import MissingToolError
from deploy.local.tools import java, maven
from matinee.errors import MissingExtraError
from matinee.stream.spark import SparkOptions, session

JARS = Path("~/.cache/matinee/jars").expanduser()
OPTIONS = SparkOptions("local[2]", JARS, seconds=0.1)


def needs_spark() -> None:
    """Skip a test where there is no Java or Maven; with CI set it fails."""
    try:
        java(), maven()
    except MissingToolError as error:
        refuse(error)


def refuse(error: Exception) -> None:
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(str(error))


@functools.cache
def spark() -> SparkSession:
    """The session; one that other tests have started lacks the jars, and ends."""
    needs_spark()
    if found := SparkSession.getActiveSession():
        found.stop()
        assert SparkContext._gateway
        SparkContext._gateway.shutdown()  # the jars go to a JVM when it starts
        SparkContext._gateway = SparkContext._jvm = None
    opened = session(OPTIONS)
    try:
        made = opened.__enter__()
    except MissingExtraError as error:
        refuse(error)
    atexit.register(opened.__exit__, None, None, None)
    return made


def below(pid: int, name: str) -> list[psutil.Process]:
    """The processes below this one whose command line has `name`."""
    return [each for each in psutil.Process(pid).children(recursive=True) if _is(each, name)]


def _is(process: psutil.Process, name: str) -> bool:
    try:
        return any(name in argument for argument in process.cmdline())
    except psutil.Error:  # it has ended
        return False


def end(process: psutil.Process) -> None:
    """kill -9, if it is there."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
