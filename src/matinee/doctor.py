"""Is this machine and this home in order? Each check says what it found, and what to do; it makes nothing."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import httpx

from matinee.app import Matinee
from matinee.errors import MatineeError, MissingExtraError, SettingError
from matinee.java import find_java
from matinee.log import is_there
from matinee.server import check_free
from matinee.settings import FILE_NAME
from matinee.stream.jars import place_of
from matinee.training.tuned import read_tuned
from matinee.urls import local_path, mask


class Finding(NamedTuple):
    """One check: what was looked at, whether it is well, and what was found."""

    check: str
    ok: bool
    found: str


def examine(app: Matinee) -> Iterator[Finding]:
    """Check Python, the home, each port, the model and the address of the API."""
    checks: dict[str, Callable[[Matinee], str]] = {
        "python": _python,
        "home": _home,
        "settings": _settings,
        "log": _log,
        "lake": _lake,
        "catalogue": _catalogue,
        "model": lambda app: app.registry.active() or "none yet: matinee train",
        "training": _training,
        "spark": _spark,
        "api": _address,
    }
    for name, check in checks.items():
        try:
            yield Finding(name, True, check(app))
        except (MatineeError, OSError) as error:
            yield Finding(name, False, str(error))


def _python(_app: Matinee) -> str:
    return f"{sys.version.split()[0]}, {os.cpu_count()} cores"


def _home(app: Matinee) -> str:
    home = app.settings.home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        raise SettingError(f"{there} is no folder that can be written; mend its rights, or set MATINEE_HOME")
    return f"{home} " + ("can be written" if there == home else "is not there yet; the first event makes it")


def _settings(app: Matinee) -> str:
    file = app.settings.home / FILE_NAME
    return f"read from {file}" if file.exists() else f"defaults and environment; there is no {file}"


def _log(app: Matinee) -> str:
    if not is_there(app.settings.log):
        return f"{mask(app.settings.log)} is not there yet; the first event makes it"
    end = app.log.end()
    return f"{mask(app.settings.log)} " + (f"ends at offset {end}" if end else "is empty")


def _lake(app: Matinee) -> str:
    return ", ".join(f"{rows} {name}" for name, rows in app.table_sizes().items())


def _catalogue(app: Matinee) -> str:
    return f"{0 if _is_missing(app.settings.catalogue) else app.catalogue.count()} movies"


def _training(app: Matinee) -> str:
    tuned = read_tuned(app.settings.tuned)
    return f"{', '.join(tuned)} as tuned in {app.settings.tuned}" if tuned else "with the defaults"


def _spark(app: Matinee) -> str:
    """What is missing is no fault: only `--engine spark` needs it."""
    if not find_spec("pyspark"):
        return "not installed; --engine spark needs it: pip install 'matinee[spark]'"
    pyspark = f"pyspark {version('pyspark')}"
    try:
        java = find_java()
    except MissingExtraError as error:
        return f"{pyspark}; {error}"
    if place_of(app.settings.jars.expanduser()).is_dir():
        return f"{pyspark}, Java {java.release}, and the jars to read Kafka"
    maven = "Maven" if shutil.which("mvn") else "Maven, which is missing: apt-get install maven"
    return f"{pyspark}, Java {java.release}; the jars to read Kafka are fetched at first use, by {maven}"


def _is_missing(url: str) -> bool:
    """Whether opening `url` would make a new file."""
    return url.startswith("sqlite:") and not Path(local_path(url)).exists()


def _address(app: Matinee) -> str:
    address = f"{app.settings.host}:{app.settings.port}"
    with suppress(httpx.HTTPError):
        if httpx.get(f"http://{address}/health/live", timeout=2).json().keys() >= {"status", "server"}:
            return f"Matinee answers at {address}"
    check_free(app.settings.host, app.settings.port)
    return f"{address} is free"
