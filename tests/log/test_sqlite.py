"""The SQLite log: the contract, and what only it can promise."""

import functools
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from matinee.errors import LogError, SettingError
from matinee.log import open_log
from matinee.log.base import Position
from matinee.log.sqlite import SqliteLog
from tests.log.contract import ENV, LogContract, assert_nothing, everything, ids, record, start_producer

FULL = """
import sys
from matinee.errors import LogError
from matinee.log import open_log
from matinee.log.base import Position, Record
log = open_log(sys.argv[1])
kept = 0
try:
    while kept < 100_000:
        log.append([Record("t", "k", str(kept), b"x" * 5000), Record("t", "k", f"{kept}+", b"y")])
        kept += 1
except LogError as error:
    print(error)
entries = log.read(Position(), 1_000_000).entries
assert [entry.id for entry in entries] == [f"{i}{plus}" for i in range(kept) for plus in ("", "+")]
assert log.end() == (2 * kept,)
print("kept", kept)
"""
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))\n"


class TestSqliteLog(LogContract):
    in_a_row = True

    @pytest.fixture
    def log_url(self, tmp_path):
        return f"sqlite://{tmp_path}/deep/er/log.db"

    @pytest.fixture
    def path(self, log_url):
        return Path(log_url.removeprefix("sqlite://"))

    def test_offsets_are_consecutive_from_one(self, log):
        for size in (3, 1, 3000):
            log.append([record(f"{size}-{i}") for i in range(size)])
        assert [entry.offset for entry in everything(log)] == list(range(1, 3005))
        assert log.end() == (3004,)

    def test_every_commit_is_synced(self, log, tmp_path):
        with log._database.writing() as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_a_limit_of_none_reads_none(self, log):
        log.append([record("a")])
        assert_nothing(log.read(Position(), 0))

    def test_a_read_ends_behind_so_many_bytes_and_goes_on_there(self, log, monkeypatch):
        monkeypatch.setattr("matinee.log.sqlite._BYTES", 100)
        for i in range(5):
            log.append([record(str(i), value=b"x" * 60)])
        assert [entry.id for entry in log.read(Position(), 10).entries] == ["0", "1"]
        assert ids(log) == ["0", "1", "2", "3", "4"]

    def test_a_position_of_another_log_is_refused(self, log):
        log.append([record("a")])
        with pytest.raises(LogError, match="ends at 1"):
            log.read(Position((2,)), 10)
        with pytest.raises(LogError, match="one partition"):
            log.read(Position((1, 1)), 10)
        assert not log.wait(Position((2,)), 0.01)

    def test_erased_bytes_are_in_no_file(self, log, path):
        secret = b"nobody may read this again"
        log.append(
            [record(str(i), "u1" if i % 3 else "u2", secret * 50 if i % 3 else b"") for i in range(200)]
        )
        assert secret in b"".join(file.read_bytes() for file in path.parent.iterdir())
        log.erase(["u1"], log.end())
        assert secret not in b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert len(everything(log)) == 67

    def test_a_file_that_is_no_longer_there_takes_nothing(self, log, log_url):
        log.append([record("a")])
        path = Path(log_url.removeprefix("sqlite://"))
        kept = path.rename(path.with_suffix(".kept"))
        with pytest.raises(LogError, match="deleted or replaced"):
            log.append([record("b")])
        kept.replace(path)
        assert log.append([record("b")]).position == Position((2,))

    def test_a_full_disk_is_an_error_and_keeps_none_of_the_append(self, log_url):
        done = subprocess.run(
            [sys.executable, "-c", LIMITED + FULL, log_url],
            capture_output=True,
            text=True,
            check=True,
            env=ENV,
        )
        assert "nothing of this was kept" in done.stdout
        log = open_log(log_url)
        kept = int(done.stdout.split()[-1])
        assert kept > 10
        assert len(everything(log)) == 2 * kept
        log.append([record("more")])
        assert ids(log)[-1] == "more"
        log.close()

    def test_a_really_full_disk(self, tmp_path):
        inside = f"mount -t tmpfs -o size=600k tmpfs {tmp_path} && exec {sys.executable} -c '{FULL}' $URL"
        _unshared(inside, {"URL": f"sqlite://{tmp_path}/log.db"}, "the disk is full")

    def test_a_read_only_folder(self, tmp_path):
        producer = f"{sys.executable} -m tests.log.producer $URL p 1 1 2>&1;"
        inside = f"mount -t tmpfs -o ro tmpfs {tmp_path} && {producer}"
        _unshared(inside, {"URL": f"sqlite://{tmp_path}/log.db"}, "check the path")
        _unshared(inside, {"URL": f"sqlite://{tmp_path}/deep/log.db"}, "check the path")

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(LogError, match="check the path"):
            open_log(f"sqlite://{tmp_path}/file/log.db")
        with pytest.raises(LogError, match="check the path"):
            open_log(f"sqlite://{tmp_path}")
        with pytest.raises(SettingError, match="three slashes"):
            open_log("sqlite://log.db")

    def test_a_file_that_is_no_database(self, tmp_path):
        (tmp_path / "log.db").write_bytes(b"Dear diary, today I watched Heat again. " * 100)
        with pytest.raises(LogError, match="not a SQLite database; move it away"):
            open_log(f"sqlite://{tmp_path}/log.db")

    def test_a_database_of_something_else(self, tmp_path):
        connection = sqlite3.connect(tmp_path / "log.db")
        connection.execute("CREATE TABLE theirs (x)")
        connection.close()
        with pytest.raises(LogError, match="holds something else"):
            open_log(f"sqlite://{tmp_path}/log.db")

    @pytest.mark.parametrize("version", [1, 99])
    def test_another_format(self, log, log_url, version):
        with log._database.writing() as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(LogError, match=f"format {version}, while this Matinee knows 2"):
            open_log(log_url)

    def test_a_writer_that_hangs_is_an_error_and_then_it_goes_on(self, log, log_url, monkeypatch):
        monkeypatch.setattr("matinee.sqlite.BUSY_SECONDS", 0.05)
        other = SqliteLog(log_url)
        with other._database.writing(), pytest.raises(LogError, match="kept it locked"):
            log.append([record("a")])
        assert log.append([record("a")]).duplicates == ()
        other.close()

    def test_closing_meets_every_use_with_an_error(self, log_url):
        numbers = itertools.count()
        for _ in range(10):
            log = open_log(log_url)
            uses = (
                log.end,
                functools.partial(log.read, Position(), 1000),
                lambda log=log: log.append([record(str(next(numbers)))]),
                functools.partial(log.wait, Position((10**9,)), 0.001),
            )
            with ThreadPoolExecutor(4) as pool:
                results = [pool.submit(_forever, use) for use in uses]
                log.wait(Position(), 30)
                log.close()
                for result in results:
                    with pytest.raises(LogError, match="closed"):
                        result.result(30)

    def test_a_failed_commit_leaves_its_ids_free(self, log):
        log.append([record("a")])
        with log._database.writing() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LogError, match="disk is full"):
            log.append([record("b", value=b"x" * 100_000)])
        with log._database.writing() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        assert log.append([record("b")]).duplicates == ()
        assert ids(log) == ["a", "b"]

    def test_damaged_entries_are_never_given(self, log, path):
        log.append([record("a", value=b"precious" * 100)])
        log.append([record("b", value=b"fine")])
        log._database.forget()
        path.write_bytes(path.read_bytes().replace(b"precious", b"worthles", 1))
        with pytest.raises(LogError, match="damaged at offset 1 to 1"):
            log.read(Position(), 10)
        assert [entry.id for entry in log.read(Position((1,)), 10).entries] == ["b"]

    def test_a_damaged_file(self, log_url, path):
        log = open_log(log_url)
        log.append([record(str(i), value=b"x" * 500) for i in range(500)])
        log.close()
        pages = path.read_bytes()
        path.write_bytes(pages[:4096] + os.urandom(4096) + pages[8192:])
        log = open_log(log_url)
        with pytest.raises(LogError, match=r"damaged; restore a copy"):
            log.append([record("new")])
        with pytest.raises(LogError, match="damaged"):
            log.read(Position(), 1000)
        log.close()

    @pytest.mark.parametrize("garble", [False, True])
    def test_a_torn_last_write_loses_only_what_was_torn(self, log_url, path, tmp_path, garble):
        log = open_log(log_url)
        log.append([record("checkpointed")])
        log.close()
        with start_producer(log_url, "p", 1, 100_000) as producer:
            assert producer.stdout
            acknowledged = [producer.stdout.readline().strip() for _ in range(60)]
            producer.kill()
        whole = path.with_name("log.db-wal").read_bytes()
        for cut in range(33, len(whole), 9973):
            folder = tmp_path / f"cut-{cut}"
            shutil.copytree(path.parent, folder)
            tail = os.urandom(len(whole) - cut) if garble else b""
            (folder / "log.db-wal").write_bytes(whole[:cut] + tail)
            (folder / "log.db-shm").unlink()
            log = open_log(f"sqlite://{folder}/log.db")
            left = ids(log)
            assert left == ["checkpointed", *(f"p-{i}" for i in range(len(left) - 1))]
            log.append([record("after")])
            assert ids(log) == [*left, "after"]
            log.close()
        log = open_log(log_url)
        assert set(acknowledged) <= set(ids(log))
        log.close()


def _forever(use):
    while True:
        use()


def _unshared(script: str, env: dict[str, str], expected: str) -> None:
    """Run a shell script in a mount namespace of its own, where it may mount; skip where that is denied."""
    unshare = shutil.which("unshare")
    flags = ["-m"] if os.geteuid() == 0 else ["-mr"]
    if not unshare or subprocess.run([unshare, *flags, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    done = subprocess.run(
        [unshare, *flags, "sh", "-c", script],
        capture_output=True,
        text=True,
        env=ENV | env,
        check=False,
    )
    if "mount:" in done.stderr:
        pytest.skip("needs the right to mount")
    assert expected in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
