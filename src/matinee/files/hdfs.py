"""Files on HDFS, by hdfs-native: no Java, no libhdfs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from hdfs_native import Client, WriteOptions

from matinee.files.base import HDFS_OPTIONS, Found, chunks
from matinee.replacing import UNFINISHED
from matinee.urls import authority_and_path

_FOLDER_MODE = 0o755


class HdfsFiles:
    """The files of `hdfs://HOST:PORT/PATH`; the user is that of the process, or HADOOP_USER_NAME."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        authority, self._root = authority_and_path(self.url)
        with _told():
            self._client = Client(f"hdfs://{authority}", dict(HDFS_OPTIONS))

    @property
    def local(self) -> None:
        """They are not of this machine."""
        return

    def read(self, path: str) -> bytes:
        """All of a file."""
        with _told():
            return self._client.read(self._path(path)).read()

    def fetch(self, path: str, to: Path) -> None:
        """Copy a file to `to`, block by block."""
        with _told():
            source = self._client.read(self._path(path))
            with to.open("wb") as file:
                file.writelines(source)

    def write(self, path: str, content: bytes | Path) -> None:
        """Let a file be `content`: written beside it, then renamed onto it, which is atomic."""
        with self._unfinished(path, content) as written:
            self._client.rename(written, self._path(path), overwrite=True)

    def create(self, path: str, content: bytes) -> bool:
        """Write a file where there is none: written beside it, then renamed, which fails for the second."""
        with self._unfinished(path, content) as written:
            try:
                self._client.rename(written, self._path(path), overwrite=False)
            except FileExistsError:
                return False
        return True

    def under(self, folder: str = "") -> list[Found]:
        """Every file in `folder` and in the folders in it, by path."""
        top = self._path(folder)
        while True:
            with _told():
                try:
                    return sorted(self._found(top))
                except FileNotFoundError:
                    if not self._is_there(top):
                        return []
                    # A folder below went while it was read: look again.

    def move(self, path: str, to: str) -> None:
        """Give a file another path; a rename, which is atomic."""
        with _told():
            self._client.get_file_info(self._path(path))
            self._make_folder_of(to)
            self._client.rename(self._path(path), self._path(to), overwrite=True)

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all in it."""
        with _told():
            self._client.delete(self._path(path), recursive=True)

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    def _found(self, top: str) -> Iterator[Found]:
        for status in self._client.list_status(top, recursive=True):
            if not status.isdir:
                modified = datetime.fromtimestamp(status.modification_time / 1000, UTC)
                yield Found(status.path.removeprefix(f"{self._root}/"), status.length, modified)

    def _is_there(self, path: str) -> bool:
        try:
            self._client.get_file_info(path)
        except FileNotFoundError:
            return False
        return True

    def _make_folder_of(self, path: str) -> None:
        folder = self._path(path).rpartition("/")[0]
        self._client.mkdirs(folder, permission=_FOLDER_MODE, create_parent=True)

    @contextmanager
    def _unfinished(self, path: str, content: bytes | Path) -> Iterator[str]:
        """`content` as a file beside `path`, taken by the datanodes; after the block it is gone."""
        with _told():
            self._make_folder_of(path)
            written = f"{self._path(path).rpartition('/')[0]}/{UNFINISHED}{uuid4().hex}"
            try:
                with self._client.create(written, WriteOptions()) as file:
                    for chunk in chunks(content):
                        file.write(chunk)
                yield written
            finally:
                self._client.delete(written, recursive=False)


@contextmanager
def _told() -> Iterator[None]:
    """Every failure as an OSError of one line, without the stack of the server."""
    try:
        yield
    except OSError as error:
        raise type(error)(str(error).partition("\n")[0]) from error
    except RuntimeError as error:
        raise OSError(str(error).partition("\\n")[0]) from error
