"""Warnings and errors of all processes are in one small file, without secrets, and never cause any."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from matinee.telemetry import configure_logs, get_logger
from matinee.troubles import MOST_BYTES, Troubles


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "warnings.jsonl"


def trouble(event: str, **more: object) -> dict[str, object]:
    return {"event": event, "level": "error", "timestamp": "2026-01-01T00:00:00Z", **more}


def test_what_is_logged_from_a_warning_on_is_kept(tmp_path, file):
    configure_logs("info", as_json=True, keep=Troubles(tmp_path).keep)
    try:
        log = get_logger("api")
        log.info("all is well")
        log.warning("it rains", request="r1")
        try:
            raise ValueError("no such thing")
        except ValueError:
            log.exception("it pours")
    finally:
        configure_logs("info", as_json=True)
    pours, rains = Troubles(tmp_path).latest(50)
    assert (rains.level, rains.event, rains.request) == ("warning", "it rains", "r1")
    assert (pours.level, pours.event, pours.request) == ("error", "it pours", None)
    assert "ValueError: no such thing" in json.loads(pours.line)["exception"]
    assert file.stat().st_mode & 0o077 == 0


def test_no_password_is_kept(tmp_path, file):
    told = "cannot read 'kafka://me:secret@host:9092/shop?ssl.key.password=secret', nor http://host/path"
    Troubles(tmp_path).keep(trouble("log", error=told, exception=ValueError("s3://a:secret@b")))
    text = file.read_text()
    assert "secret" not in text
    assert "kafka://me:***@host:9092/shop?***'" in text
    assert "http://host/path" in text


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("kafka://me:pa(ss)word@host:9092/x is gone", "kafka://***@host:9092/x is gone"),
        ("'kafka://me:it's@host:9092'", "'kafka://***@host:9092'"),
        ("<http://me:a>b@host>", "<http://***@host>"),
        ("http://host/search(1)?token=secret", "http://host/search(1)?***"),
        ("('http://host/a', 'mailto me@host?')", "('http://host/a', 'mailto me@host?')"),
        ("'kafka://me:mine@a','kafka://me:mine@b'", "'kafka://me:***@a','kafka://me:***@b'"),
    ],
)
def test_no_password_is_kept_where_a_url_may_end_before_it(tmp_path, file, told, kept):
    Troubles(tmp_path).keep(trouble("log", error=told))
    assert json.loads(file.read_text())["error"] == kept


def test_many_writers_tear_no_line_and_the_file_stays_small(tmp_path, file):
    def write(writer: int) -> None:
        troubles = Troubles(tmp_path)
        for number in range(400):
            troubles.keep(trouble(f"{writer}-{number}", padding="x" * 1000))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    sizes = [path.stat().st_size for path in file.parent.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) < MOST_BYTES + 8 * 2000
    latest = Troubles(tmp_path).latest(1000)
    assert len(latest) == 1000
    assert len({each.event for each in latest}) == 1000


def test_the_latest_come_first_across_a_cut(tmp_path, file):
    troubles = Troubles(tmp_path)
    for number in range(1200):
        troubles.keep(trouble(str(number), padding="x" * 1000))
    assert [each.event for each in troubles.latest(500)] == [str(n) for n in range(1199, 699, -1)]


def test_a_line_is_never_long(tmp_path, file):
    Troubles(tmp_path).keep(trouble("long", exception="x" * 10**6))
    assert file.stat().st_size < 10_000


@pytest.mark.parametrize("obstacle", ["full disk", "no folder", "no home"])
def test_where_nothing_can_be_kept_nothing_happens(tmp_path, file, obstacle):
    home = tmp_path
    if obstacle == "full disk":
        file.parent.mkdir()
        file.symlink_to("/dev/full")
    elif obstacle == "no folder":
        file.parent.write_text("a file")
    else:
        home = tmp_path / "none"
    Troubles(home).keep(trouble("unheard"))
    if obstacle != "full disk":  # reading that device never ends
        assert Troubles(home).latest(50) == []
    assert not (tmp_path / "none").exists()


def test_half_a_line_is_passed_over(tmp_path, file):
    troubles = Troubles(tmp_path)
    troubles.keep(trouble("first"))
    with file.open("a") as half:
        half.write('{"event": "ha\n[]\n{}\n')
    troubles.keep(trouble("last"))
    assert [each.event for each in troubles.latest(50)] == ["last", "first"]
