"""A file is replaced as a whole or not at all."""

import os
import stat
import subprocess
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
    file, link, nowhere = tmp_path / "file", tmp_path / "link", tmp_path / "nowhere"
    link.symlink_to(file)
    for data in (b"new", b"newer"):
        replacing.check(link)
        replacing.replace(link, data)
        assert link.is_symlink()
        assert file.read_bytes() == data
    replacing.check(Path(os.devnull))
    replacing.replace(Path(os.devnull), b"new")
    assert not Path(os.devnull).is_file()
    nowhere.symlink_to(tmp_path / "none" / "file")
    with pytest.raises(OSError, match="No such file"):
        replacing.check(nowhere)


WRITES = """
import sys
from pathlib import Path
from matinee import replacing
print("before")
replacing.check(Path("/dev/stdout"))
replacing.replace(Path("/dev/stdout"), b"result\\n")
print("after")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/stdout")
@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_the_standard_output_has_everything_in_order_wherever_it_goes(tmp_path, mode):
    file = tmp_path / "file"
    file.write_bytes(b"earlier\n")
    with file.open(mode) as output:
        subprocess.run([sys.executable, "-c", WRITES], stdout=output, check=True)
    earlier = b"earlier\n" if mode == "ab" else b""
    assert file.read_bytes() == earlier + b"before\nresult\nafter\n"


def test_what_cannot_be_written_is_told_before_and_nothing_is_left(tmp_path):
    replacing.check(tmp_path / "file")
    assert [*tmp_path.iterdir()] == []
    for wrong in (tmp_path, tmp_path / "none" / "file"):
        with pytest.raises(OSError, match=r"Is a directory|No such file"):
            replacing.check(wrong)
