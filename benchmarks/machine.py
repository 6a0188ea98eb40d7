"""The machine that a figure was measured on."""

import os
import platform
import subprocess
from pathlib import Path

from msgspec import Struct

CHECKOUT = Path(__file__).parent.parent


class Machine(Struct, frozen=True, kw_only=True):
    """What a figure depends on beside the code: `memory` in GiB, `load` the 1-minute average before."""

    cores: int
    cpu: str
    memory: float
    system: str
    python: str
    commit: str
    load: float

    @property
    def place(self) -> str:
        """All but the load, in words."""
        return (
            f"{self.cores} cores of {self.cpu}, {self.memory:.0f} GiB, {self.system}, "
            f"Python {self.python}, commit {self.commit}"
        )

    def __str__(self) -> str:
        return f"{self.place}, load {self.load:.1f} before"


def describe() -> Machine:
    """The machine that runs this, as it is now."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu=_cpu(),
        memory=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        commit=_commit(),
        load=round(os.getloadavg()[0], 2),
    )


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    """The short hash of what is checked out, with a plus sign when files differ from it."""
    git = ["git", "-C", str(CHECKOUT)]
    try:
        head = subprocess.check_output([*git, "rev-parse", "--short", "HEAD"], text=True).strip()
        changed = subprocess.check_output([*git, "status", "--porcelain", "-uno", "--", "src"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")
