"""The folders beside the tables: what is to be loaded, what was, and places for models and logs."""

import posixpath
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from matinee.errors import SettingError, SourceError
from matinee.files import open_files
from matinee.files.base import Files, Found
from matinee.lake.failures import explained
from matinee.urls import mask

FOLDERS: Mapping[str, str] = {
    "input": "What waits to be loaded: `matinee data upload` puts it here, `matinee data load` takes it.",
    "processed": "What was loaded, by the time of that.",
    "errors": "What could not be loaded, by the time of that, each with the reason beside it.",
    "models": "Published models, where MATINEE_MODELS names this folder.",
    "logs": "What programs of yours on the cluster tell, as Spark by spark.eventLog.dir.",
    "checkpoints": "How far streaming queries of yours are; never remove those of one that is to go on.",
}
"""The folders, and what is in them: nothing of them is a table."""
CLEANED = ("processed", "errors", "logs")
"""What `clean` takes unless told otherwise."""
ABOUT = "_about.txt"
"""A file in each folder that says what it is for. Names that begin with `_` or `.` are not data."""

Load = Callable[[Path, Path], dict[str, Any]]
"""Loads what a path holds, unreadable rows going to a file, which may stay absent; returns counts."""


class Taken(NamedTuple):
    """Something that lay in the input: where it is now, what was loaded of it, or why nothing was."""

    name: str
    to: str
    counts: dict[str, Any]
    reason: str | None


class Folders:
    """The folders of the lake at `url`, on any file system. Every method raises LakeError."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def for_models(self, url: str) -> str:
        """`url`, where models are to be, which may be in the lake in its folder `models` only.

        Elsewhere in it, publishing models and keeping tables would tidy each other away. Raises SettingError.
        """
        lake, models = map(posixpath.normpath, (self.url, url))
        if f"{models}/".startswith(f"{lake}/") and not f"{models}/".startswith(f"{lake}/models/"):
            raise SettingError(
                f"MATINEE_MODELS cannot be {mask(url)}, in the lake at {mask(self.url)}; "
                f"set it to {mask(self.url)}/models, or to a place elsewhere"
            )
        return url

    @cached_property
    def _files(self) -> Files:
        return open_files(self.url)

    def layout(self) -> list[str]:
        """Make the folders; return those that were not there."""
        with self._told():
            return [
                name for name, text in FOLDERS.items() if self._files.create(f"{name}/{ABOUT}", _line(text))
            ]

    def upload(self, path: Path) -> list[Found]:
        """Copy a file, or a folder with all in it, into the input under its own name; return what is there.

        What has that name already is replaced. Raises SourceError when there is nothing to copy.
        """
        path = path.resolve() if ".." in path.parts else path.absolute()  # its own name, not one of two dots
        sources = {
            f"input/{source.relative_to(path.parent).as_posix()}": source
            for source in sorted(path.rglob("*") if path.is_dir() else [path])
            if source.is_file()
        }
        if not sources:
            raise SourceError(f"{path} is no file, and no folder with files; name another")
        with self._told():
            for to, source in sources.items():
                self._files.write(to, source)
            return [found for found in self._files.under("input") if found.path in sources]

    def take(self, load: Load) -> Iterator[Taken]:
        """Load what lies in the input, one thing after the other, and move each away.

        1. Copy the file or folder to this machine. 2. Load it. 3. Move it to `processed`, unreadable rows
        to `errors`; or all of it to `errors`, with the reason beside it, when nothing of it can be loaded.
        A kill between leaves it in the input; loading it again adds nothing.
        """
        with self._told():
            waiting = self._waiting()
        for name, found in waiting.items():
            with self._told(), tempfile.TemporaryDirectory(prefix="matinee-") as folder:
                yield self._take(name, found, Path(folder), load)

    def _take(self, name: str, found: Sequence[Found], folder: Path, load: Load) -> Taken:
        for each in found:  # 1
            here = folder / each.path
            here.parent.mkdir(parents=True, exist_ok=True)
            self._files.fetch(each.path, here)
        moment, rejects = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}", folder / "rejects"
        counts, to, reason = {}, f"processed/{moment}", None
        try:
            counts = load(folder / "input" / name, rejects)  # 2
        except SourceError as error:
            to, reason = f"errors/{moment}", str(error).replace(f"{folder}/", "")
            self._files.write(f"{to}/{name}.reason.txt", _line(reason))
        if reason is None and rejects.exists() and rejects.stat().st_size:
            self._files.write(f"errors/{moment}/{name}.rejects.tsv", rejects)
        for each in found:  # 3
            self._files.move(each.path, f"{to}/{each.path.removeprefix('input/')}")
        return Taken(name, f"{to}/{name}", counts, reason)

    def old(self, names: Sequence[str], age: timedelta) -> list[Found]:
        """The files in these folders that were written longer ago than `age`."""
        with self._told():
            return [
                found
                for name in names
                for found in self._files.under(name)
                if found.name != ABOUT and found.modified < datetime.now(UTC) - age
            ]

    def remove(self, found: Sequence[Found]) -> None:
        """Remove these files."""
        with self._told():
            for each in found:
                self._files.remove(each.path)

    def _waiting(self) -> dict[str, list[Found]]:
        waiting: dict[str, list[Found]] = {}
        for found in self._files.under("input"):
            _, *parts = found.path.split("/")
            if not any(part.startswith((".", "_")) for part in parts):
                waiting.setdefault(parts[0], []).append(found)
        return waiting

    def _told(self) -> AbstractContextManager[None]:
        return explained("cannot use the folders of", self.url)


def _line(text: str) -> bytes:
    return f"{text}\n".encode()
