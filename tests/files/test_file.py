"""Files in a folder."""

from pathlib import Path

import pytest

from matinee.errors import SettingError
from matinee.files import open_files
from tests.files.contract import FilesContract


class TestLocalFiles(FilesContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"file://{tmp_path}/a folder"


def test_the_folder_is_told(tmp_path: Path):
    assert open_files(f"file://{tmp_path}").local == tmp_path


def test_an_unknown_scheme_is_refused():
    with pytest.raises(SettingError, match="did you mean file"):
        open_files("fle:///x")


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path):
    files = open_files(f"file://{tmp_path}")
    files.write("a", b"1")
    with pytest.raises(FileNotFoundError):
        files.write("a", tmp_path / "no such file")
    assert [found.path for found in files.under()] == ["a"]
    assert files.read("a") == b"1"
