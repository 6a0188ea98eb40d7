"""Files that change as a whole: whoever reads one, even after a kill, finds the earlier or the new one."""

import os
import tempfile
from pathlib import Path

UNFINISHED = ".unfinished-"
"""How what is being written is called until it is whole; only a kill leaves such a file."""


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Let the file `path`, in a folder that is there, be `data`, with these rights, and on disk.

    A link, a pipe or a terminal stays what it is, and is written to. Raises OSError; then the earlier file is
    as it was.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_bytes(data)
        return
    descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(mode)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
