"""Processes that others have started, found by what they are, and killed."""

import psutil


def below(pid: int, name: str) -> list[psutil.Process]:
    """The processes below this one whose command line has `name`."""
    return [each for each in psutil.Process(pid).children(recursive=True) if _is(each, name)]


def living(name: str, variable: str, value: str) -> list[psutil.Process]:
    """The processes whose command line has `name`, and whose environment says so, whoever their parent is."""
    return [each for each in psutil.process_iter() if _is(each, name) and _has(each, variable, value)]


def _has(process: psutil.Process, variable: str, value: str) -> bool:
    try:
        return process.environ().get(variable) == value
    except psutil.Error:  # it has ended, or is somebody else's
        return False


def _is(process: psutil.Process, name: str) -> bool:
    try:
        return any(name in argument for argument in process.cmdline())
    except psutil.Error:  # it has ended
        return False


def end(process: psutil.Process) -> None:
    """kill -9, if it is there."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
