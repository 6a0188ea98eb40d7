"""Fetching, from a real server on this machine that breaks off, forgets ranges and sends nonsense."""

import hashlib
import io
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from matinee.errors import SourceError
from matinee.sources import fetch as fetching
from matinee.sources.fetch import DATASETS, Dataset, fetch
from tests.sources.writing import CSV, loaded


def archive(times: int = 300) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as whole:
        whole.writestr("ml/movies.csv", CSV["movies.csv"])
        whole.writestr("ml/ratings.csv", CSV["ratings.csv"] + "# filling\n" * times)
    return data.getvalue()


@dataclass
class Site:
    """What the server does, and what it was asked."""

    body: bytes
    md5: str | None = None
    break_after: list[int] = field(default_factory=list)
    """For each next answer, the bytes after which the connection breaks."""
    ranges: bool = True
    etag: str = '"one"'
    status: int = 200
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers as the `site` of its server says."""

    server: "Server"

    def do_GET(self):
        site = self.server.site
        site.asked.append((self.path, self.headers["Range"]))
        if self.path.endswith(".md5"):
            self.answer(200 if site.md5 else 404, (site.md5 or "").encode(), {})
        elif site.status != 200:
            self.answer(site.status, b"", {})
        else:
            self.send_zip(site)

    def send_zip(self, site):
        headers = {"ETag": site.etag} if site.etag else {}
        asked, condition = self.headers["Range"], self.headers["If-Range"]
        if not (asked and site.ranges and condition in (None, site.etag)):
            self.answer(200, site.body, headers)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(site.body):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(site.body)}"})
            return
        headers["Content-Range"] = f"bytes {start}-{len(site.body) - 1}/{len(site.body)}"
        self.answer(206, site.body[start:], headers)

    def answer(self, status, body, headers):
        breaks = self.server.site.break_after
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: breaks.pop(0)] if status in (200, 206) and breaks else body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """Knows its site."""

    site: Site


@pytest.fixture
def site():
    with Server(("127.0.0.1", 0), Handler) as server:
        server.site = Site(archive(), url=f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.site
        server.shutdown()
        thread.join()


@pytest.fixture
def known(site, monkeypatch):
    """ml-100k is, for the test, the zip of the site."""
    md5 = hashlib.md5(site.body).hexdigest()
    monkeypatch.setitem(DATASETS, "ml-100k", Dataset("four", 1, md5))
    return md5


def zips(site):
    return [asked for path, asked in site.asked if path.endswith(".zip")]


def test_what_is_fetched_is_verified_in_place_and_loads(site, known, tmp_path):
    told = []
    fetched = fetch("ml-100k", tmp_path / "new", lambda *step: told.append(step), site.url)
    assert fetched.path == tmp_path / "new" / "ml-100k.zip"
    assert fetched.path.read_bytes() == site.body
    assert known in fetched.verified
    assert told[-1] == ("fetching", len(site.body), len(site.body))
    assert [file.name for file in fetched.path.parent.iterdir()] == ["ml-100k.zip"]
    assert loaded(fetched.path)[1].ratings == 4


def test_what_is_there_is_not_fetched_again(site, known, tmp_path):
    fetch("ml-100k", tmp_path, base_url=site.url)
    fetch("ml-100k", tmp_path, base_url=site.url)
    assert zips(site) == [None]


def test_a_damaged_one_that_is_there_is_replaced(site, known, tmp_path):
    (tmp_path / "ml-100k.zip").write_bytes(b"half")
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == site.body


def test_a_broken_connection_is_taken_up_where_it_broke(site, known, tmp_path):
    site.break_after = [1000, 500]
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == site.body
    assert zips(site) == [None, "bytes=1000-", "bytes=1500-"]


def test_a_later_run_goes_on_from_where_an_earlier_one_stopped(site, known, tmp_path):
    site.break_after = [700, 0, 0, 0, 0]
    with pytest.raises(SourceError, match="Run it again to go on from where it stopped"):
        fetch("ml-100k", tmp_path, base_url=site.url)
    assert not (tmp_path / "ml-100k.zip").exists()
    assert (tmp_path / "ml-100k.zip.part").read_bytes() == site.body[:700]
    site.asked.clear()
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == site.body
    assert zips(site) == ["bytes=700-"]


def test_a_server_without_ranges_sends_it_all_again(site, known, tmp_path):
    site.break_after, site.ranges = [700], False
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == site.body


def test_a_file_that_changed_in_between_is_not_mixed_with_the_old_one(site, known, tmp_path):
    (tmp_path / "ml-100k.zip.part").write_bytes(b"old" * 100)
    (tmp_path / "ml-100k.zip.part.tag").write_text('"zero"')
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == site.body


def test_a_part_that_was_whole_already_is_only_verified(site, known, tmp_path):
    (tmp_path / "ml-100k.zip.part").write_bytes(site.body)
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == site.body


def test_a_wrong_checksum_is_refused_and_deleted(site, known, tmp_path):
    right, site.body = site.body, archive(200)
    with pytest.raises(SourceError, match=f"is damaged: its md5 is .* not {known}"):
        fetch("ml-100k", tmp_path, base_url=site.url)
    assert list(tmp_path.iterdir()) == []
    site.body = right
    assert fetch("ml-100k", tmp_path, base_url=site.url).path.read_bytes() == right


@pytest.mark.parametrize("form", ["MD5 (ml-latest.zip) = {}", "{}  ml-latest.zip\n"])
def test_one_that_changes_is_verified_by_the_md5_beside_it(form, site, tmp_path):
    site.md5 = form.format(hashlib.md5(site.body).hexdigest().upper())
    assert "as published beside it now" in fetch("ml-latest", tmp_path, base_url=site.url).verified
    site.md5 = form.format("0" * 32)
    with pytest.raises(SourceError, match="is damaged: its md5"):
        fetch("ml-latest", tmp_path, base_url=site.url)


def test_without_an_md5_the_checksums_in_the_zip_are_used(site, tmp_path):
    assert "checksums inside the zip" in fetch("ml-latest", tmp_path, base_url=site.url).verified
    damaged = bytearray(site.body)
    damaged[60] ^= 0xFF
    site.body = bytes(damaged)
    with pytest.raises(SourceError, match="is not a whole zip"):
        fetch("ml-latest", tmp_path, base_url=site.url)


def test_an_md5_file_that_holds_none(site, tmp_path):
    site.md5 = "<html>moved</html>"
    with pytest.raises(SourceError, match="holds no md5"):
        fetch("ml-latest", tmp_path, base_url=site.url)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses_is_quoted(status, site, known, tmp_path):
    site.status = status
    with pytest.raises(SourceError, match=f"the server answers {status}"):
        fetch("ml-100k", tmp_path, base_url=site.url)


def test_without_a_network_it_says_how_to_load_from_a_path(tmp_path):
    with pytest.raises(SourceError, match=r"without a network, .* matinee data load PATH/ml-1m\.zip"):
        fetch("ml-1m", tmp_path, base_url="http://127.0.0.1:1")


def test_a_folder_that_cannot_be_written(site, known, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="it cannot be written"):
        fetch("ml-100k", tmp_path / "file", base_url=site.url)


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(SourceError, match=r"no MovieLens is called 'ml-2m'; known: ml-100k, ml-1m"):
        fetch("ml-2m", tmp_path)


def test_all_that_never_change_have_an_md5():
    assert {name for name, dataset in DATASETS.items() if not dataset.md5} == {"ml-latest", "ml-latest-small"}
    assert fetching.BASE_URL.startswith("https://")
