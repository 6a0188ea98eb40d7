"""Files in a folder of this machine."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from matinee.files.base import Found, chunks
from matinee.replacing import UNFINISHED, sync
from matinee.urls import local_path

_MODE = 0o644


class LocalFiles:
    """The files of `file:///PATH`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._root = Path(local_path(self.url))

    @property
    def local(self) -> Path:
        """The folder itself."""
        return self._root

    def read(self, path: str) -> bytes:
        """All of a file."""
        return (self._root / path).read_bytes()

    def fetch(self, path: str, to: Path) -> None:
        """Copy a file to `to`."""
        shutil.copyfile(self._root / path, to)

    def write(self, path: str, content: bytes | Path) -> None:
        """Let a file be `content`: written beside it, then renamed."""
        target = self._root / path
        with _unfinished(target, content) as written:
            written.replace(target)

    def create(self, path: str, content: bytes) -> bool:
        """Write a file where there is none: written beside it, then linked, which fails for the second."""
        target = self._root / path
        with _unfinished(target, content) as written:
            try:
                target.hardlink_to(written)
            except FileExistsError:
                return False
        return True

    def under(self, folder: str = "") -> list[Found]:
        """Every file in `folder` and in the folders in it, by path."""
        walked = os.walk(self._root / folder)  # passes over folders that go meanwhile
        files = (Path(at) / name for at, _, names in walked for name in names)
        return sorted(found for path in files if path.is_file() for found in self._found(path))

    def move(self, path: str, to: str) -> None:
        """Give a file another path."""
        target = self._root / to
        target.parent.mkdir(parents=True, exist_ok=True)
        (self._root / path).replace(target)
        sync(target.parent)

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all in it."""
        target = self._root / path
        if target.is_dir():
            shutil.rmtree(target, ignore_errors=True)
        else:
            target.unlink(missing_ok=True)

    def _found(self, path: Path) -> Iterator[Found]:
        try:
            stat = path.stat()
        except FileNotFoundError:  # it went since the folder was read
            return
        name = path.relative_to(self._root).as_posix()
        yield Found(name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))


@contextmanager
def _unfinished(target: Path, content: bytes | Path) -> Iterator[Path]:
    """`content` as a file beside `target`, on disk; after the block it is gone, and the folder is on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=target.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(chunks(content))
            file.flush()
            os.fsync(file.fileno())
        written.chmod(_MODE)
        yield written
        sync(target.parent)
    finally:
        written.unlink(missing_ok=True)
