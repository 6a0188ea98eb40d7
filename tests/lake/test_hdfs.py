"""The lake on HDFS."""

import pytest

from matinee.errors import LakeError, SettingError
from matinee.lake.delta import Lake
from matinee.lake.folders import Folders
from tests.lake.contract import LakeContract, rows


class TestHdfsLake(LakeContract):
    QUICK = False
    MANY = 40

    @pytest.fixture
    def url(self, hdfs_url: str) -> str:
        return hdfs_url


def test_a_server_that_does_not_answer_is_named():
    nowhere = "hdfs://127.0.0.1:1/lake"
    for act in (
        lambda: Lake(nowhere).read("events"),
        lambda: Lake(nowhere).append("interactions", rows(1, 2), None),
        Folders(nowhere).layout,
    ):
        with pytest.raises(LakeError, match="does not answer; see that it is up"):
            act()


@pytest.mark.parametrize("bad", ["hdfs://", "hdfs:///lake", "hdfs://host:9000", "hdfs://host:9000/"])
def test_a_url_that_is_no_place_is_refused(bad: str):
    with pytest.raises(SettingError, match=r"names no server|name a folder"):
        Lake(bad)
