"""Spark for tests: one session on two cores for a whole process, started by the first test that needs it."""

import atexit
import functools
import os

import pytest

from deploy.local.errors import MissingToolError
from deploy.local.tools import java
from matinee.models import mllib

_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Most of what a young JVM does is to compile, for a long life that it does not have in tests."""


def needs_java() -> None:
    """Skip a test where there is no Java; with CI set it fails. JVMs from here on are short-lived ones."""
    try:
        java()
        os.environ["JDK_JAVA_OPTIONS"] = _SHORT_LIVED
    except MissingToolError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@functools.cache
def start_spark() -> None:
    """From here on this process has a session, which all fits use."""
    needs_java()
    opened = mllib.session("local[2]")
    opened.__enter__()
    atexit.register(opened.__exit__, None, None, None)
