"""Plain files in a folder, on HDFS or in a bucket, opened by URL."""

from collections.abc import Mapping

from matinee.files.base import Files
from matinee.urls import Adapter, load_adapter

SCHEMES: Mapping[str, Adapter] = {
    "file": Adapter("matinee.files.file:LocalFiles"),
    "hdfs": Adapter("matinee.files.hdfs:HdfsFiles", "hdfs"),
    "s3": Adapter("matinee.files.s3:S3Files", "s3"),
}


def open_files(url: str) -> Files:
    """The files beneath `url`. Raises SettingError or MissingExtraError."""
    files: Files = load_adapter(url, SCHEMES, "file system")(url)
    return files
