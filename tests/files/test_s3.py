"""Files in a bucket."""

import pytest

from tests.files.contract import FilesContract


class TestS3Files(FilesContract):
    @pytest.fixture
    def url(self, s3_url: str) -> str:
        return s3_url
