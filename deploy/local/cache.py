"""What is fetched once and shared by all homes: jars by Maven, programs by Go."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import tools
from deploy.local.errors import ServerError

_UNOPTIMIZED = ("-gcflags=all=-N -l", "-ldflags=-s -w")
"""Of Go: to optimize takes half of the time of a build, and a server on one machine waits for disks."""


def folder() -> Path:
    """MATINEE_SERVERS_CACHE, or `~/.cache/matinee/servers`."""
    return Path(os.environ.get("MATINEE_SERVERS_CACHE") or "~/.cache/matinee/servers").expanduser()


def jars(pom: Path) -> Path:
    """The folder with the jars that `pom` names, fetched when they are not there yet."""

    def fetch(place: Path) -> None:
        command = [tools.maven(), "-B", "-ntp", "-q", "-f", str(pom), "dependency:copy-dependencies"]
        _run([*command, f"-DoutputDirectory={place}", "-DincludeScope=runtime"])

    return _once(pom.parent.name, pom.read_bytes(), fetch)


def program(name: str, module: str) -> Path:
    """The program `name` that `go install` builds of `module`, a path with its version."""

    def build(place: Path) -> None:
        _run([tools.go(), "install", *_UNOPTIMIZED, module], GOBIN=str(place), CGO_ENABLED="0")

    return _once(name, module.encode(), build) / name


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold `file` against every other process; who comes second waits."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _once(name: str, recipe: bytes, make: Callable[[Path], None]) -> Path:
    """A folder of the cache that is whole when it is there: made under another name, then renamed."""
    place = folder() / f"{name}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    if place.exists():
        return place
    with locked(folder() / f"{name}.lock"):
        if not place.exists():
            part = place.with_suffix(".part")
            shutil.rmtree(
                part, ignore_errors=True
            )  # of one who was killed: the lock says that none works on it
            part.mkdir()
            make(part)
            part.rename(place)
    return place


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stdout + done.stderr).strip()[-2000:]
        raise ServerError(f"{' '.join(command)} ended with {done.returncode}: {told}; is there a network?")
