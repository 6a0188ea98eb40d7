"""Files that change as a whole: whoever reads one, even after a kill, finds the earlier or the new one."""

import os
import stat
import sys
import tempfile
from errno import EISDIR
from pathlib import Path

UNFINISHED = ".unfinished-"
"""How what is being written is called until it is whole; only a kill leaves such a file."""
_STANDARD_OUTPUT = 1


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Let the file `path`, in a folder that is there, be `data`, on disk, and with these rights if it is new.

    A link stays one; the file it names is replaced. A pipe or a terminal is written to, and so is the file
    that the standard output goes to, behind what it has. Raises OSError; then the earlier file is as it was.
    """
    if _is_standard_output(path):
        sys.stdout.flush()
        with os.fdopen(os.dup(_STANDARD_OUTPUT), "wb") as output:
            output.write(data)
    elif path.exists() and not path.is_file():
        path.write_bytes(data)
    else:
        _replace(path.resolve(), data, mode)


def _replace(path: Path, data: bytes, mode: int) -> None:
    unfinished = _begun(path)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else mode
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(mode)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Raise OSError where the file `path` cannot be written, before the work that it is to hold."""
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    if not path.exists() or path.is_file():
        _begun(path.resolve()).unlink()


def sync(path: Path) -> None:
    """Put a file or folder on disk, as far as the system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder, on Windows
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _begun(path: Path) -> Path:
    """An empty file beside `path`."""
    descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    os.close(descriptor)
    return Path(name)


def _is_standard_output(path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(_STANDARD_OUTPUT))
    except OSError:  # it is not there, or there is no standard output
        return False
