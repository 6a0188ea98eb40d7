"""The lake in a bucket."""

import pytest

from tests.lake.contract import LakeContract


class TestS3Lake(LakeContract):
    @pytest.fixture
    def url(self, s3_url: str) -> str:
        return s3_url
