"""What any file system does, wherever it is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matinee.files import open_files
from matinee.files.base import Files

LARGE = 12 * 2**20
"""Bytes: more than a part of an upload, and more than what is read at once."""


class FilesContract:
    """Subclass with a fixture `url` that names an empty place."""

    @pytest.fixture
    def files(self, url: str) -> Files:
        return open_files(url)

    def paths(self, files: Files, folder: str = "") -> list[str]:
        return [found.path for found in files.under(folder)]

    @pytest.mark.parametrize("content", [b"", b"one", bytes(range(256)) * 400])
    def test_what_is_written_is_read(self, files: Files, content: bytes):
        files.write("a/b.bin", content)
        assert files.read("a/b.bin") == content
        (found,) = files.under()
        assert (found.path, found.name, found.size) == ("a/b.bin", "b.bin", len(content))
        assert abs(datetime.now(UTC) - found.modified) < timedelta(minutes=5)

    def test_what_is_written_again_is_replaced(self, files: Files):
        files.write("a", b"a longer one")
        files.write("a", b"short")
        assert files.read("a") == b"short"
        assert self.paths(files) == ["a"]

    def test_a_large_file_goes_there_and_comes_back(self, files: Files, tmp_path: Path):
        content = bytes(range(251)) * (LARGE // 251)
        (tmp_path / "large").write_bytes(content)
        files.write("deep/er/large", tmp_path / "large")
        files.fetch("deep/er/large", tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == content == files.read("deep/er/large")

    def test_what_is_not_there_is_told(self, files: Files, tmp_path: Path):
        assert files.under() == files.under("a") == []
        files.remove("a")
        for act in (
            files.read,
            lambda path: files.fetch(path, tmp_path / "x"),
            lambda path: files.move(path, "b"),
        ):
            with pytest.raises(FileNotFoundError):
                act("a")
        assert not (tmp_path / "x").exists()

    def test_a_file_is_created_once(self, files: Files):
        assert files.create("a/1", b"first")
        assert not files.create("a/1", b"second")
        assert files.read("a/1") == b"first"
        assert self.paths(files) == ["a/1"]

    def test_of_many_that_create_a_file_one_does(self, files: Files, url: str):
        created: list[tuple[int, int]] = []
        start = threading.Barrier(4)

        def create(who: int) -> None:
            own = open_files(url)
            start.wait()
            created.extend((each, who) for each in range(10) if own.create(f"log/{each}", f"{who}".encode()))

        threads = [threading.Thread(target=create, args=(who,)) for who in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(each for each, _ in created) == list(range(10))
        assert {each: int(files.read(f"log/{each}")) for each, _ in created} == dict(created)

    def test_whoever_reads_while_it_is_replaced_sees_one_or_the_other(self, files: Files, url: str):
        whole = {bytes([each]) * 200_000 for each in range(2)}
        files.write("a", min(whole))
        done = threading.Event()

        def write() -> None:
            try:
                own = open_files(url)
                for _ in range(10):
                    for content in sorted(whole):
                        own.write("a", content)
            finally:
                done.set()

        thread = threading.Thread(target=write)
        thread.start()
        seen: set[bytes] = set()
        while not done.is_set():
            seen.add(files.read("a"))
        thread.join()
        assert seen <= whole

    def test_files_are_listed_by_folder(self, files: Files):
        for path in ("b/2", "a/x/1", "a/1", "ab/1", "c"):
            files.write(path, b"")
        assert self.paths(files) == ["a/1", "a/x/1", "ab/1", "b/2", "c"]
        assert self.paths(files, "a") == ["a/1", "a/x/1"]
        assert self.paths(files, "a/x") == ["a/x/1"]

    def test_files_and_folders_are_removed(self, files: Files):
        for path in ("a/x/1", "a/2", "ab/1", "b"):
            files.write(path, b"")
        files.remove("a")
        files.remove("b")
        assert self.paths(files) == ["ab/1"]

    def test_many_may_remove_a_folder_at_once(self, files: Files, url: str):
        for path in range(20):
            files.write(f"a/{path}", b"")
        start = threading.Barrier(4)

        def remove() -> None:
            own = open_files(url)
            start.wait()
            own.remove("a")

        with ThreadPoolExecutor(4) as pool:
            for removed in [pool.submit(remove) for _ in range(4)]:
                removed.result()
        assert self.paths(files) == []

    def test_files_are_moved_in_place_of_what_is_there(self, files: Files):
        files.write("in/a", b"new")
        files.write("out/deep/a", b"old")
        files.move("in/a", "out/deep/a")
        assert self.paths(files) == ["out/deep/a"]
        assert files.read("out/deep/a") == b"new"

    def test_names_are_taken_as_they_are(self, files: Files):
        name = "Amélie (2001) 50% & more #1+.csv"
        files.write(f"in put/{name}", b"1")
        assert self.paths(files, "in put") == [f"in put/{name}"]
        files.move(f"in put/{name}", f"out/{name}")
        assert files.read(f"out/{name}") == b"1"

    def test_a_place_is_what_its_url_says(self, files: Files, url: str):
        open_files(f"{url}/deeper/").write("a", b"1")
        assert self.paths(files) == ["deeper/a"]
        assert open_files(f"{url}/deeper/").url == f"{url}/deeper"
