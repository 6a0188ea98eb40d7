"""Runs the parts of Matinee as processes of one command: restarts what fails, ends all together.

The parts end by themselves, as on SIGTERM, when the supervisor is gone without having ended them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from matinee.parent import as_parent
from matinee.settings import Settings
from matinee.stop import Stop, set_by_signals
from matinee.telemetry import get_logger

GRACE = 15.0
"""Seconds that a part has to end by itself before it is killed."""
_STEADY = 60.0
"""Seconds after which a part that ends counts as failing for the first time."""
_log = get_logger("up")


@dataclass
class Part:
    """One verb of `matinee`, run as a process. With `every`, it runs to its end, again and again."""

    name: str
    arguments: Sequence[str]
    every: float | None = None
    process: subprocess.Popen[bytes] | None = None
    due: float = 0.0
    failures: int = 0
    started: float = 0.0


class Supervisor:
    """Keeps parts running until `stop`, each in a process of its own."""

    def __init__(self, parts: Sequence[Part], settings: Settings, *, logs: Path | None = None) -> None:
        """`logs` is a folder for what the parts print; by default they print where this process does."""
        self._parts = list(parts)
        self._environment = {**os.environ, **settings.environment(), **as_parent()}
        self._logs = logs
        self._stopped = False
        self._asked = Stop()
        self._signals = ExitStack()

    def __enter__(self) -> "Supervisor":
        """Start every part that is due; from here on SIGTERM and SIGINT only ask to end."""
        self._signals.enter_context(set_by_signals(self._asked))
        self.tend()
        return self

    def add(self, part: Part) -> None:
        """Keep one more running; it is started at the next look."""
        self._parts.append(part)

    def tend(self) -> None:
        """Start what is due, and again what has failed: later each time, at most a minute."""
        for part in self._parts:
            if part.process is not None and part.process.poll() is not None:
                self._ended(part, part.process.returncode)
            if part.process is None and time.monotonic() >= part.due and not self._stopped:
                part.process, part.started = self._start(part), time.monotonic()

    def _start(self, part: Part) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "matinee", *part.arguments]  # -P: no code of this folder
        if self._logs is None:
            return subprocess.Popen(command, env=self._environment)
        with (self._logs / f"{part.name}.log").open("ab") as output:
            return subprocess.Popen(command, env=self._environment, stdout=output, stderr=output)

    def _ended(self, part: Part, code: int) -> None:
        part.process = None
        if part.every is not None and code == 0:
            part.failures, part.due = 0, time.monotonic() + part.every
            return
        part.failures = 1 if time.monotonic() - part.started > _STEADY else part.failures + 1
        wait = min(60.0, 2.0 ** min(part.failures, 6))
        part.due = time.monotonic() + wait
        _log.warning("a part ended", part=part.name, code=code, again_in=wait)

    def run(self, interval: float = 0.5) -> None:
        """Tend until SIGTERM or SIGINT."""
        while not self._asked.wait(interval):
            self.tend()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every part: asked first, killed after `GRACE` seconds."""
        with self._signals:
            self._stopped = True
            running = [part.process for part in self._parts if part.process is not None]
            for process in running:
                process.terminate()
            deadline = time.monotonic() + GRACE
            for process in running:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
