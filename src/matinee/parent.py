"""A process that another one started for itself ends when that one is gone, however it went."""

import os
import signal
import threading
import time
from collections.abc import Mapping

from matinee.telemetry import get_logger

_VARIABLE = "MATINEE_PARENT"
_SECONDS = 1.0
_log = get_logger("process")


def as_parent() -> Mapping[str, str]:
    """What to put into the environment of a process that is to end when this one is gone."""
    return {_VARIABLE: str(os.getpid())}


def end_with_parent() -> int | None:
    """From here on end as on SIGTERM, within a second, when the process that asked for it is gone.

    Returns the number of that process; where none has asked, None, and nothing is done. What this process
    starts is not asked for the same.
    """
    parent = os.environ.pop(_VARIABLE, "")
    if parent and os.name == "posix":  # elsewhere a process keeps the parent's number when it is gone
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()
    return int(parent) if parent else None


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS)
    _log.warning("the process that started this one is gone: ending", parent=parent)
    os.kill(os.getpid(), signal.SIGTERM)
