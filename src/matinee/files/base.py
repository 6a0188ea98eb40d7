"""The port of plain files, wherever they lie: few methods, each of which does all of its work or none."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

HDFS_OPTIONS: Mapping[str, str] = {"dfs.client.failover.max.attempts": "4"}
"""Some ten seconds for a name node that does not answer, not the three minutes of its client."""
_CHUNK = 8 * 2**20


class Found(NamedTuple):
    """A file that is there: its path beneath the place, its size in bytes, when it was written, in UTC."""

    path: str
    size: int
    modified: datetime

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Files(Protocol):
    """The files beneath one URL; a path is relative to it, its parts joined by `/`.

    Safe for threads and processes. Folders come into being with the first file in them. What is written
    is durable when a method returns, and whoever reads sees a file whole or not at all, also after a kill:
    that leaves at most one more file whose name begins with `replacing.UNFINISHED`.
    Every method raises OSError: FileNotFoundError where there is no such file.
    """

    @property
    def url(self) -> str:
        """The place itself."""
        ...

    @property
    def local(self) -> Path | None:
        """The folder that the place is, when it is one of this machine."""
        ...

    def read(self, path: str) -> bytes:
        """All of a file."""
        ...

    def fetch(self, path: str, to: Path) -> None:
        """Copy a file to `to` on this machine, of any size."""
        ...

    def write(self, path: str, content: bytes | Path) -> None:
        """Let a file be `content`, bytes or those of a file of this machine, in place of what it was."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Write a file where there is none, else False. Of several writers at once, one is told True."""
        ...

    def under(self, folder: str = "") -> list[Found]:
        """Every file in `folder` and in the folders in it, by path; none where there is no such folder."""
        ...

    def move(self, path: str, to: str) -> None:
        """Give a file another path, in place of what is there."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all in it; nothing where there is neither."""
        ...


def chunks(content: bytes | Path) -> Iterator[bytes]:
    """`content`, or what the file holds, in pieces."""
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
