"""Processes under test: real verbs of `matinee`, started, awaited by condition, killed by process id."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

Result = TypeVar("Result")
ROOT = Path(__file__).parent.parent
SECONDS = 120.0
HTTP = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
"""For requests to our own servers, each on a connection of its own.

`httpx.get` and its like read all certificates of the machine anew each time: 50 ms of a core.
"""


def await_until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Return as soon as `condition` holds; fail, saying `what`, when it does not in time.

    It looks less often the longer that takes: what is awaited needs the processor too.
    """
    deadline, pause = time.monotonic() + seconds, 0.01
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        os.sched_yield()
        signal.sigtimedwait([], pause)
        pause = min(pause * 1.1, 0.1)


def awaited(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What it returns. It runs in a thread of its own: in this one the loop of a browser may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def environment(home: Path, **settings: object) -> dict[str, str]:
    """The environment of a verb on `home`, free of the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    given = {f"MATINEE_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "MATINEE_HOME": str(home)} | given


def start(home: Path, *arguments: str, **settings: object) -> "subprocess.Popen[bytes]":
    """Start a verb; what it prints is in `home/logs/VERB.log`."""
    logs = home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{arguments[0]}.log").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "matinee", *arguments],
            env=environment(home, **settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
        )


def run(home: Path, *arguments: str, **settings: object) -> str:
    """Run a verb to its end, which must be a good one; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "matinee", *arguments],
        env=environment(home, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=SECONDS * 5,
        check=False,
    )
    assert done.returncode == 0, f"matinee {' '.join(arguments)} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def script(folder: Path, name: str, text: str) -> None:
    """A program of the shell, to stand in a real one's place."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_ready(url: str) -> bool:
    """Whether the API at `url` says that it is ready."""
    try:
        return HTTP.get(f"{url}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def is_shown(url: str) -> bool:
    """Whether the web page at `url` is there."""
    try:
        return HTTP.get(f"{url}/_stcore/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def serving(home: Path, workers: int = 1, **settings: object) -> Iterator[str]:
    """`matinee serve` on `home`, ready, at the address given; it must end well on SIGTERM."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = start(home, "serve", "--port", str(port), "--workers", str(workers), **settings)
    try:
        await_until(lambda: process.poll() is not None or is_ready(url), "the API is ready")
        assert process.poll() is None, (home / "logs" / "serve.log").read_text()[-3000:]
        yield url
    finally:
        process.terminate()
        code = process.wait(SECONDS)
    assert code == 0
