"""Files in a bucket."""

import sys

import pytest

from matinee.errors import MissingExtraError
from matinee.lake.delta import Lake
from tests.files.contract import FilesContract


class TestS3Files(FilesContract):
    @pytest.fixture
    def url(self, s3_url: str) -> str:
        return s3_url


def test_a_driver_that_is_not_installed_is_named_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "matinee.files.s3", raising=False)
    with pytest.raises(MissingExtraError, match=r"obstore: pip install 'matinee\[s3\]'"):
        Lake("s3://somewhere/lake")
