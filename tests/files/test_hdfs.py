"""Files on HDFS."""

import sys

import pytest

from matinee.errors import MissingExtraError
from matinee.lake.delta import Lake
from tests.files.contract import FilesContract


class TestHdfsFiles(FilesContract):
    @pytest.fixture
    def url(self, hdfs_url: str) -> str:
        return hdfs_url


def test_a_driver_that_is_not_installed_is_named_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "hdfs_native", None)
    monkeypatch.delitem(sys.modules, "matinee.files.hdfs", raising=False)
    with pytest.raises(MissingExtraError, match=r"hdfs_native: pip install 'matinee\[hdfs\]'"):
        Lake("hdfs://somewhere/lake")
