"""Services under test, each in processes of its own: started, awaited, stopped by process id."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from benchmarks.errors import BenchmarkError
from benchmarks.http import get
from benchmarks.load import Plan, generate
from benchmarks.machine import CHECKOUT

_READY = 900.0
_DRAINED = 30.0


class Server(NamedTuple):
    """A service that answers on `port`; its paths begin with `prefix`, its files are in `home`."""

    name: str
    port: int
    prefix: str
    home: Path
    seconds: float
    """From its start until it said that it is ready."""


def _unwatched(_process: int) -> None:
    """Nobody wants to know."""


@contextmanager
def matinee(
    home: Path, workers: int, started: Callable[[int], None] = _unwatched, /, **settings: object
) -> Iterator[Server]:
    """`matinee serve` on the home given, from ready until the end of the block; `settings` not by default.

    `started` is told the process id as soon as there is one.
    """
    port = free_port()
    arguments = ["-m", "matinee", "serve", "--port", str(port), "--workers", str(workers)]
    with _serving(arguments, home, port, _given(settings), started) as seconds:
        yield Server("matinee", port, "/v1", home, seconds)


@contextmanager
def usual(folder: Path, workers: int) -> Iterator[Server]:
    """The usual service on the model in `folder`, from ready until the end of the block."""
    with rival("usual", str(folder), folder, workers) as running:
        yield running


@contextmanager
def rival(name: str, argument: str, home: Path, workers: int) -> Iterator[Server]:
    """The service `benchmarks.rivals.NAME` of `argument`, with its lines in `home`, from ready on."""
    port = free_port()
    arguments = ["-m", f"benchmarks.rivals.{name}", argument, "--port", str(port), "--workers", str(workers)]
    with _serving(arguments, home, port) as seconds:
        yield Server(name, port, "", home, seconds)


def call(arguments: Sequence[str], home: Path, **settings: object) -> str:
    """Run `python ARGUMENTS` on this home to its end; return what it printed. See `run`."""
    return run([sys.executable, *arguments], CHECKOUT, {**environment(home), **_given(settings)})


def _given(settings: Mapping[str, object]) -> dict[str, str]:
    return {f"MATINEE_{name.upper()}": str(value) for name, value in settings.items()}


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run `command` in `folder` to its end; return what it printed.

    Raises BenchmarkError with its last words if it fails.
    """
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = f"{done.stdout}{done.stderr}"[-2000:]
        raise BenchmarkError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


def environment(home: Path | None) -> Mapping[str, str]:
    """The environment of this process, with this home or none in place of any setting of Matinee."""
    foreign = ("MATINEE_", "MAKE", "MFLAGS")  # what an outer make hands on would reach an inner one
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | ({"MATINEE_HOME": str(home)} if home else {})


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _serving(
    arguments: Sequence[str],
    home: Path,
    port: int,
    given: Mapping[str, str] = MappingProxyType({}),
    started: Callable[[int], None] = _unwatched,
) -> Iterator[float]:
    lines = home / "server.out"
    begin = time.perf_counter()
    with lines.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**environment(home), **given},
            cwd=CHECKOUT,
            stdout=out,
            stderr=out,
        )
    try:
        started(process.pid)
        _await_ready(process, port, lines)
        yield time.perf_counter() - begin
    finally:
        _stop(process)


def _await_ready(process: "subprocess.Popen[bytes]", port: int, lines: Path) -> None:
    until = time.perf_counter() + _READY
    while not (_ready(port) and _ready(port)):
        if process.poll() is not None or time.perf_counter() > until:
            raise BenchmarkError(f"{process.args!r} did not become ready:\n{lines.read_text()[-2000:]}")
        time.sleep(0.05)


def _ready(port: int) -> bool:
    """Whether every worker is ready: a flood, since a quiet client meets only the least busy one."""
    flood = Plan(port, [get("/health/ready")], connections=32, seconds=0.3)
    try:
        return generate(flood, lambda: False).statuses.keys() == {200}
    except (OSError, BenchmarkError):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_DRAINED)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise BenchmarkError(f"{process.args!r} did not end within {_DRAINED:.0f} s of SIGTERM") from error
