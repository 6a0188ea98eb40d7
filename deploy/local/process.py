"""Processes that outlive who started them, known by a file with their id and their start."""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 30.0
"""Seconds that a process has to end well before it is killed."""


@dataclass(frozen=True)
class Process:
    """One process of a server: `NAME.pid` and `NAME.log` in `folder`."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """What it prints, of all its starts."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Its id while it runs. A process of the same id that is another one, is not it."""
        found = self._find()
        return found.pid if found else None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it in a session of its own, with nothing to read and its output in the log."""
        # The shell in between leaves at once: the server is no child of ours, so it never waits for us as a
        # zombie, and no Ctrl-C for us reaches it.
        line = f"{shlex.join(command)} </dev/null >>{shlex.quote(str(self.log))} 2>&1 & echo $!"
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            env=os.environ | environment,
            cwd=self.folder,
            start_new_session=True,
            stdout=subprocess.PIPE,
            check=True,
        )
        pid = int(done.stdout)
        try:
            started = _since_boot(psutil.Process(pid))
        except psutil.NoSuchProcess:  # it ended at once
            started = 0.0
        self._file.write_text(json.dumps({"pid": pid, "started": started}))

    def stop(self) -> bool:
        """End it and what it started: politely, then by force. False when it did not run."""
        found = self._find()
        if found:
            family = _family(found)
            found.terminate()
            _await_end([found], PATIENCE)
            for left in filter(_is_alive, family):
                with suppress(psutil.NoSuchProcess):
                    left.kill()
            _await_end(family, PATIENCE)
        self._file.unlink(missing_ok=True)
        return found is not None

    def tail(self, size: int = 2000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _find(self) -> psutil.Process | None:
        try:
            noted = json.loads(self._file.read_text())
            found = psutil.Process(noted["pid"])
            same = abs(_since_boot(found) - noted["started"]) < 2
            return found if same and _is_alive(found) else None
        except (FileNotFoundError, ValueError, KeyError, TypeError, psutil.Error):
            return None


def _is_alive(process: psutil.Process) -> bool:
    """Whether it holds anything yet, such as a port: one that nobody waits for stays as a zombie."""
    try:
        # Of a killed process the first thread is a zombie while others are still ending.
        return process.is_running() and (
            process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
        )
    except psutil.NoSuchProcess:
        return False


def _await_end(processes: Sequence[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(map(_is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)


def _since_boot(process: psutil.Process) -> float:
    """When it started, in seconds that a corrected clock does not move, to about one."""
    return process.create_time() - psutil.boot_time()


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]
