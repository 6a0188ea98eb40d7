"""The lake in a bucket."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from matinee.errors import LakeError, SettingError
from matinee.lake.delta import Lake
from matinee.lake.folders import Folders
from tests.lake.contract import LakeContract, rows


class TestS3Lake(LakeContract):
    TICK = timedelta(seconds=1)

    @pytest.fixture
    def url(self, s3_url: str) -> str:
        return s3_url


def acts(url: str) -> list[Callable[[], object]]:
    """A read, a commit, and one of plain files."""
    return [
        lambda: Lake(url).read("events"),
        lambda: Lake(url).append("interactions", rows(1, 2), None),
        Folders(url).layout,
    ]


def test_keys_that_are_refused_are_told_without_them(s3_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-very-secret-key")
    for act in acts(s3_url):
        with pytest.raises(LakeError, match="keys are refused; check the variables AWS_") as told:
            act()
        assert "a-very-secret-key" not in str(told.value)


def test_a_bucket_that_is_not_there_is_named(s3_url: str):
    for act in acts("s3://no-such-bucket/lake"):
        with pytest.raises(LakeError, match="no such bucket; make it"):
            act()


def test_a_server_that_does_not_answer_is_named(s3_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for act in acts(s3_url):
        with pytest.raises(LakeError, match="does not answer; see that it is up"):
            act()


@pytest.mark.parametrize("bad", ["s3://", "s3:///lake", "s3://bucket", "s3://bucket/"])
def test_a_url_that_is_no_place_is_refused(bad: str):
    with pytest.raises(SettingError, match=r"names no server|name a folder"):
        Lake(bad)
