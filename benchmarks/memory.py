"""The memory of a service under test, with all the processes it has started."""

import threading
from pathlib import Path

from benchmarks.errors import BenchmarkError

_EVERY = 0.5


def held(process: int) -> float:
    """What this process and all below it have in memory, in bytes; what several share counts once (PSS).

    Pages of the processes' files that are mapped and read count. 0 when it is gone. Linux only.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        raise BenchmarkError("the memory of processes that share can be told on Linux only")
    return float(sum(map(_proportional, _family(process))))


class Watch:
    """The most that a process holds, looked at twice a second, from `start` to `stop`."""

    def __init__(self) -> None:
        self.process = 0
        self._most = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self, process: int) -> None:
        """Look at this process, until it is gone or `stop` is called."""
        self.process = process
        self._thread.start()

    def stop(self) -> float:
        """Look once more, and no more; the most that was seen, in bytes."""
        self._stop.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while seen := held(self.process):
            self._most = max(self._most, seen)
            if self._stop.wait(_EVERY):
                break


def _family(process: int) -> list[int]:
    """The process and all below it."""
    below: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # ended meanwhile
        below.setdefault(parent, []).append(int(status.parent.name))
    family = [process]
    for each in family:
        family += below.get(each, [])
    return family


def _proportional(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
