"""Files in a bucket of S3 or of what speaks like it, by obstore."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from matinee.files.base import Found
from matinee.urls import authority_and_path

_PATIENCE = timedelta(seconds=30)
"""How long a request is tried anew while the server does not answer."""


class S3Files:
    """The files of `s3://BUCKET/PATH`; endpoint, region and keys are those of the variables AWS_*."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        bucket, path = authority_and_path(self.url)
        with _told():
            self._store = S3Store(
                bucket, prefix=path.strip("/") or None, retry_config={"retry_timeout": _PATIENCE}
            )

    @property
    def local(self) -> None:
        """They are not of this machine."""
        return

    def read(self, path: str) -> bytes:
        """All of a file."""
        with _told():
            return bytes(obstore.get(self._store, path).bytes())

    def fetch(self, path: str, to: Path) -> None:
        """Copy a file to `to`, as it comes."""
        with _told():
            source = obstore.get(self._store, path)
            with to.open("wb") as file:
                file.writelines(source)

    def write(self, path: str, content: bytes | Path) -> None:
        """Let a file be `content`; the bucket shows it once it is whole."""
        with _told():
            obstore.put(self._store, path, content)

    def create(self, path: str, content: bytes) -> bool:
        """Write a file where there is none: a put with the condition that there is none."""
        with _told():
            try:
                obstore.put(self._store, path, content, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def under(self, folder: str = "") -> list[Found]:
        """Every file in `folder` and in the folders in it, by path."""
        with _told():
            pages = obstore.list(self._store, folder or None)
            return sorted(
                Found(each["path"], each["size"], each["last_modified"]) for page in pages for each in page
            )

    def move(self, path: str, to: str) -> None:
        """Give a file another path: a copy, then a removal; a kill between leaves both."""
        with _told():
            obstore.rename(self._store, path, to)

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all in it."""
        with _told():
            there = [found.path for found in self.under(path)]
            try:
                obstore.delete(self._store, [*there, path])
            except BaseError as error:
                # Some gateways refuse to remove what somebody else has just removed; S3 itself does not.
                if "NoSuchKey" not in str(error):
                    raise
                if self.under(path):
                    self.remove(path)


@contextmanager
def _told() -> Iterator[None]:
    """Every failure as an OSError of one line."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(_line(error)) from error
    except (BaseError, ValueError) as error:
        raise OSError(_line(error)) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).partition("Debug source:")[0].split())[:300]
