"""The lake on HDFS."""

import pytest

from tests.lake.contract import LakeContract


class TestHdfsLake(LakeContract):
    @pytest.fixture
    def url(self, hdfs_url: str) -> str:
        return hdfs_url
