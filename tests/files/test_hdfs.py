"""Files on HDFS."""

import pytest

from tests.files.contract import FilesContract


class TestHdfsFiles(FilesContract):
    @pytest.fixture
    def url(self, hdfs_url: str) -> str:
        return hdfs_url
