"""Java, which Spark needs, and every server of the JVM: found, or told how to install."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from matinee.errors import MissingExtraError

OLDEST = 17
_SECONDS = 20.0
"""How long it may take to say its version."""
_INSTALL = "apt-get install openjdk-17-jdk-headless (or set JAVA_HOME to the folder of one)"


class Java(NamedTuple):
    """A program `java`, and the number of its release."""

    path: str
    release: int


def find_java() -> Java:
    """That of JAVA_HOME, or of the PATH where it is not set, as Spark looks. Raises MissingExtraError."""
    home = os.environ.get("JAVA_HOME")
    path = str(Path(home) / "bin" / "java") if home else shutil.which("java") or ""
    # On a Mac without Java there is a `java` that only says so.
    release = re.search(r'version "(?:1\.)?(\d+)', _ask_version(path)) if path else None
    if not release:
        where = f" in JAVA_HOME ({home})" if home else ""
        raise MissingExtraError(f"Java is missing{where}, {OLDEST} or newer; install it: {_INSTALL}")
    if int(release[1]) < OLDEST:
        raise MissingExtraError(f"{path} is Java {release[1]}, too old; install: {_INSTALL}")
    return Java(path, int(release[1]))


def _ask_version(path: str) -> str:
    try:
        done = subprocess.run([path, "-version"], capture_output=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).decode("utf-8", "replace")
