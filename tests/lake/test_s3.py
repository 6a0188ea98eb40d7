"""The lake in a bucket."""

from datetime import timedelta

import pytest

from tests.lake.contract import LakeContract


class TestS3Lake(LakeContract):
    TICK = timedelta(seconds=1)

    @pytest.fixture
    def url(self, s3_url: str) -> str:
        return s3_url
