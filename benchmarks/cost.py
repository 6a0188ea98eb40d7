"""What a program costs: its time, that of the processor, and its peak of memory."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks import server
from benchmarks.machine import CHECKOUT

GB = 1e9
"""In bytes, as memory is counted here."""


class Cost(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds, those of the processor in all threads, and the peak of memory in bytes."""

    seconds: float
    processor: float
    memory: float


def cost(arguments: Sequence[str], home: Path) -> tuple[Cost, str]:
    """What `python ARGUMENTS` took on this home, to its end, and what it printed. See `server.run`."""
    with tempfile.TemporaryDirectory(prefix="matinee-cost-") as folder:
        file = Path(folder) / "took.json"
        timed = [sys.executable, "-I", "-S", str(CHECKOUT / "benchmarks/timed.py"), str(file)]
        printed = server.run([*timed, sys.executable, *arguments], CHECKOUT, server.environment(home))
        return msgspec.json.decode(file.read_bytes(), type=Cost), printed
