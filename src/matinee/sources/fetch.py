"""Fetch a MovieLens from GroupLens: resumed where it stopped, verified, and put in place at once."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from matinee.errors import SourceError
from matinee.progress import Progress, silent

BASE_URL = "https://files.grouplens.org/datasets/movielens"
_ATTEMPTS = 5
_PARTIAL, _WHOLE, _PAST_THE_END = 206, 200, 416


class Dataset(NamedTuple):
    """A MovieLens to be fetched: what it holds, and the md5 of its zip where that never changes."""

    ratings: str
    megabytes: int
    md5: str | None = None


DATASETS = {
    "ml-100k": Dataset("100 thousand, 1997-1998", 5, "0e33842e24a9c977be4e0107933c0723"),
    "ml-1m": Dataset("1 million, 2000-2003", 6, "c4d9eecfca2ab87c1945afe126590906"),
    "ml-10m": Dataset("10 million, 1995-2009", 63, "ce571fd55effeba0271552578f2648bd"),
    "ml-20m": Dataset("20 million, 1995-2015", 190, "cd245b17a1ae2cc31bb14903e1204af3"),
    "ml-25m": Dataset("25 million, 1995-2019", 250, "6b51fb2759a8657d3bfcbfc42b592ada"),
    "ml-32m": Dataset("32 million, 1995-2023", 228, "d472be332d4daa821edc399621853b57"),
    "ml-latest": Dataset("all that GroupLens gives, changes with time", 335),
    "ml-latest-small": Dataset("100 thousand, changes with time", 1),
}


class Fetched(NamedTuple):
    """Where the zip is now, and in words what was verified of it."""

    path: Path
    verified: str


def fetch(name: str, folder: Path, progress: Progress = silent, base_url: str = BASE_URL) -> Fetched:
    """Fetch the MovieLens called `name` into `folder`, as NAME.zip.

    1. Find the md5: our own for those that never change, else the one published beside the zip.
    2. A zip that is there already and has that md5 is left as it is.
    3. Download to NAME.zip.part, on from where an earlier try stopped, as long as the server's file is
       the same; a connection that breaks is taken up again.
    4. Verify; what is damaged is deleted. Where no md5 is published, the zip's own checksums are used.
    5. Rename into place, so that NAME.zip is whole whenever it is there.

    Raises SourceError, which says how to do without a network, when it cannot be fetched or verified.
    """
    if name not in DATASETS:
        raise SourceError(f"no MovieLens is called {name!r}; known: {', '.join(DATASETS)}")
    url, path = f"{base_url}/{name}.zip", folder / f"{name}.zip"
    with _explained(name, url), httpx.Client(follow_redirects=True, timeout=30) as client:
        folder.mkdir(parents=True, exist_ok=True)
        md5 = DATASETS[name].md5 or _published_md5(client, url)
        if not (md5 and path.is_file() and _md5(path) == md5):
            part = path.with_suffix(".zip.part")
            _download(client, url, part, progress)
            _verify(part, md5, url)
            part.replace(path)
            _tag_file(part).unlink(missing_ok=True)
    return Fetched(path, _verified(name, md5))


def _verified(name: str, md5: str | None) -> str:
    if md5 is None:
        return "the checksums inside the zip; no md5 is published for it"
    return f"md5 {md5}, {'as it has always been' if DATASETS[name].md5 else 'as published beside it now'}"


@contextmanager
def _explained(name: str, url: str) -> Iterator[None]:
    """Turn what the network and the disk say into what to do."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        reason = f"the server answers {error.response.status_code}"
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
    except OSError as error:
        reason = f"it cannot be written: {error}"
    else:
        return
    raise SourceError(
        f"{name} cannot be fetched from {url}: {reason}. Run it again to go on from where it stopped; "
        f"without a network, get {name}.zip elsewhere and run: matinee data load PATH/{name}.zip"
    )


def _published_md5(client: httpx.Client, url: str) -> str | None:
    """The md5 in the file beside the zip, or None when there is no such file."""
    answer = client.get(f"{url}.md5")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    answer.raise_for_status()
    found = re.search(r"\b[0-9a-f]{32}\b", answer.text, re.IGNORECASE)
    if not found:
        raise SourceError(f"{url}.md5 holds no md5 but {answer.text[:60]!r}; try again later")
    return found[0].lower()


def _download(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    """Download until the part is whole; a connection that breaks is taken up again where it broke."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _continue(client, url, part, progress)
        except httpx.TransportError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def _continue(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    """Ask for what is missing of `part`, and append it; a file that has changed starts again."""
    have = part.stat().st_size if part.is_file() else 0
    tag = _tag_file(part)
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag.is_file():
            headers["If-Range"] = tag.read_text()
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == _PAST_THE_END:  # nothing is missing, or there is too much: verifying tells
            return
        answer.raise_for_status()
        if answer.status_code != _PARTIAL:
            have = 0
        _remember_tag(tag, answer)
        _append(answer, part, have, progress)


def _append(answer: httpx.Response, part: Path, have: int, progress: Progress) -> None:
    length = answer.headers.get("Content-Length", "")
    total = have + int(length) if length.isdigit() else None
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        for piece in answer.iter_raw():
            file.write(piece)
            have += len(piece)
            progress("fetching", have, total)


def _remember_tag(tag: Path, answer: httpx.Response) -> None:
    """Keep what tells this version of the file from another; a weak tag does not."""
    etag = answer.headers.get("ETag", "")
    mark = etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified", "")
    if mark:
        tag.write_text(mark)
    else:
        tag.unlink(missing_ok=True)


def _tag_file(part: Path) -> Path:
    return part.with_suffix(".part.tag")


def _verify(part: Path, md5: str | None, url: str) -> None:
    """Delete `part` and raise SourceError when it is not what it should be."""
    got = _md5(part) if md5 else None
    whole = got == md5 if md5 else _is_whole_zip(part)
    if not whole:
        part.unlink()
        _tag_file(part).unlink(missing_ok=True)
        what = f"its md5 is {got}, not {md5}" if md5 else "it is not a whole zip"
        raise SourceError(f"what {url} sent is damaged: {what}; it was deleted, fetch it again")


def _is_whole_zip(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except zipfile.BadZipFile:
        return False


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
