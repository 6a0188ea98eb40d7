"""The files under a path: a folder, a zip or a lone file, each also gzipped, read as streams."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from matinee.errors import SourceError

_BROKEN = (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, NotImplementedError)
_CHUNK = 16 << 20


class Files:
    """What lies under a path, by bare file name; a name ending in .gz stands for what is packed in it."""

    def __init__(self, path: Path, openers: dict[str, Callable[[], IO[bytes]]]) -> None:
        self.path = path
        self._openers = openers

    @property
    def names(self) -> frozenset[str]:
        """The names of the files, without .gz."""
        return frozenset(self._openers)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The bytes of a file, as a stream. Raises SourceError when they are damaged or cannot be read."""
        try:
            with self._openers[name]() as stream:
                yield stream
        except _BROKEN as error:
            raise SourceError(f"{self.path}: {name} is damaged ({error}); fetch it again") from error
        except OSError as error:
            raise SourceError(f"{self.path}: {name} cannot be read: {error.strerror or error}") from error

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file in large pieces that end where a line ends."""
        with self.open(name) as stream:
            rest = b""
            while piece := stream.read(_CHUNK):
                head, end, tail = (rest + piece).rpartition(b"\n")
                rest = tail
                if end:
                    yield head + end
            if rest:
                yield rest

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """The number, from 1, and the text of every line that is not blank, without its line end.

        A line is UTF-8 (a byte order mark is dropped) or else latin-1, as the older files are.
        """
        with self.open(name) as stream:
            for number, line in enumerate(stream, 1):
                text = decode(line).strip("\r\n")
                if text.strip():
                    yield number, text


def decode(line: bytes) -> str:
    """`line` as UTF-8 without a byte order mark, or as latin-1 where it is not UTF-8."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def open_files(path: Path, known: frozenset[str]) -> Files:
    """The files under `path`, up to one folder deep, or anywhere in a zip.

    Raises SourceError when there is nothing, the zip is damaged or encrypted, or one of the `known`
    names is there twice, so that it is not clear which is meant.
    """
    if path.is_dir():
        found = [file for pattern in ("*", "*/*") for file in sorted(path.glob(pattern)) if file.is_file()]
        return _named(path, [(PurePosixPath(file.relative_to(path)), _opener(file)) for file in found], known)
    if not path.is_file():
        raise SourceError(f"{path} is not there; give a folder, a zip or a file")
    if path.stat().st_size == 0:
        raise SourceError(f"{path} is empty")
    if path.suffix == ".zip" or zipfile.is_zipfile(path):
        return _named(path, _members(path), known)
    return _named(path, [(PurePosixPath(path.name), _opener(path))], known)


Found = list[tuple[PurePosixPath, Callable[[], IO[bytes]]]]


def _named(path: Path, found: Found, known: frozenset[str]) -> Files:
    openers: dict[str, Callable[[], IO[bytes]]] = {}
    places: dict[str, PurePosixPath] = {}
    for place, opener in found:
        if place.name.startswith(".") or "__MACOSX" in place.parts:
            continue
        name = place.name.removesuffix(".gz")
        if name in known and name in openers:
            raise SourceError(f"{path} holds {name} twice: {places[name]} and {place}; load one at a time")
        places[name], openers[name] = place, opener
    return Files(path, openers)


def _opener(file: Path) -> Callable[[], IO[bytes]]:
    if file.suffix == ".gz":
        return lambda: io.BufferedReader(gzip.open(file, "rb"))
    return lambda: file.open("rb")


def _members(path: Path) -> Found:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (*_BROKEN, OSError) as error:
        raise SourceError(f"{path} is not a whole zip ({error}); fetch it again") from error
    if any(info.flag_bits & 1 for info in infos):
        raise SourceError(f"{path} is encrypted; unpack it with its password and load the folder")
    return [(PurePosixPath(info.filename), _member_opener(path, info)) for info in infos]


def _member_opener(path: Path, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def opener() -> IO[bytes]:
        with zipfile.ZipFile(path) as archive:  # the member keeps the file open for as long as it needs it
            member = archive.open(info)
        return io.BufferedReader(gzip.open(member)) if info.filename.endswith(".gz") else member

    return opener
