"""Processes that outlive who started them, known by a file with their id and their start."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
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
            started = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            started = 0.0
        self._file.write_text(json.dumps({"pid": pid, "started": started}))

    def stop(self) -> bool:
        """End it and what it started: politely, then by force. False when it did not run."""
        found = self._find()
        if found:
            family = _family(found)
            found.terminate()
            psutil.wait_procs([found], PATIENCE)
            for left in psutil.wait_procs(family, 0.1)[1]:
                left.kill()
            psutil.wait_procs(family, PATIENCE)
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
            # psutil reckons the start from the boot time, which a corrected clock moves a little.
            same = abs(found.create_time() - noted["started"]) < 2
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, ValueError, KeyError, TypeError, psutil.Error):
            return None


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]
