"""A file is replaced as a whole or not at all."""

import os
import stat
import sys
from pathlib import Path

import pytest

from matinee import replacing


def test_a_file_is_replaced_with_these_rights_and_nothing_is_left_beside_it(tmp_path):
    file = tmp_path / "file"
    for data in (b"one", b"two"):
        replacing.replace(file, data, 0o644)
        assert file.read_bytes() == data
    assert [*tmp_path.iterdir()] == [file]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_what_cannot_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"earlier")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replacing.replace(file, b"new")
    assert file.read_bytes() == b"earlier"
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes of POSIX")
def test_a_link_and_a_device_stay_what_they_are(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.touch()
    link.symlink_to(file)
    replacing.replace(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    replacing.replace(Path(os.devnull), b"new")
    assert not Path(os.devnull).is_file()
