"""Is this machine and this home in order? Each check says what it found, and what to do."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import httpx

from matinee.app import Matinee
from matinee.errors import MatineeError
from matinee.server import check_free
from matinee.settings import FILE_NAME


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
        "log": lambda app: f"{app.settings.log}, at offset {app.log.end() or 'none'}",
        "lake": _lake,
        "catalogue": lambda app: f"{app.catalogue.count()} movies",
        "model": lambda app: app.registry.active() or "none yet: matinee train",
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
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=home) as probe:
        probe.write(b"matinee")
        probe.flush()
        os.fsync(probe.fileno())
    file = home / FILE_NAME
    return f"{home} can be written; settings " + (f"from {file}" if file.exists() else "by default")


def _lake(app: Matinee) -> str:
    return ", ".join(f"{rows} {name}" for name, rows in app.table_sizes().items())


def _address(app: Matinee) -> str:
    address = f"{app.settings.host}:{app.settings.port}"
    with suppress(httpx.HTTPError):
        if httpx.get(f"http://{address}/health/live", timeout=2).json() == {
            "status": "ok",
            "offset": None,
            "model": None,
        }:
            return f"Matinee answers at {address}"
    check_free(app.settings.host, app.settings.port)
    return f"{address} is free"
