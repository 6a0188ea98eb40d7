"""Where the lake's tables lie: what Delta's library opens for a URL, and how the files there are read."""

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from matinee.errors import SettingError
from matinee.files.base import HDFS_OPTIONS
from matinee.lake.columns import schema_of
from matinee.urls import authority_and_path, local_path, mask, scheme_of


class Place:
    """A folder that Delta's library and Polars can both read."""

    options: ClassVar[Mapping[str, str]] = {}
    """What Delta's library is told besides."""

    def __init__(self, url: str) -> None:
        self.root = url
        if not authority_and_path(url)[1]:
            raise SettingError(
                f"the lake cannot be at {mask(url)}: name a folder in it, as {mask(url)}/matinee"
            )

    def files(self, target: DeltaTable) -> list[str]:
        """Where the parquet files of this version are."""
        return target.file_uris()

    def scan(self, target: DeltaTable) -> pl.LazyFrame:
        """The rows of this version, which has files."""
        return pl.scan_parquet(
            self.files(target), glob=False, schema=schema_of(target), missing_columns="insert"
        )


class LocalPlace(Place):
    """A folder of this machine, `file:///PATH`."""

    def __init__(self, url: str) -> None:
        self.root = local_path(url)
        if set(self.root) & set("%[]"):
            raise SettingError(
                f"the lake cannot be at {url}: Delta takes no path with %, [ or ]; name another"
            )

    def files(self, target: DeltaTable) -> list[str]:
        """Their paths, which Delta's library tells encoded."""
        return [unquote(file) for file in target.file_uris()]


class HdfsPlace(Place):
    """A folder on HDFS, `hdfs://HOST:PORT/PATH`. Polars cannot read there: Arrow does, by Delta's library."""

    options = HDFS_OPTIONS

    def scan(self, target: DeltaTable) -> pl.LazyFrame:
        """The rows of this version, which has files."""
        return pl.scan_pyarrow_dataset(target.to_pyarrow_dataset())


class S3Place(Place):
    """A part of a bucket, `s3://BUCKET/PATH`, opened with the variables AWS_*."""

    options: ClassVar[Mapping[str, str]] = {"aws_conditional_put": "etag"}
    """Of two commits of one version, the bucket takes the first."""


SCHEMES: Mapping[str, type[Place]] = {
    "file": LocalPlace,
    "hdfs": HdfsPlace,
    "s3": S3Place,
}


def open_place(url: str) -> Place:
    """The place at `url`. Raises SettingError."""
    place = SCHEMES.get(scheme_of(url))
    if place is None or (place is LocalPlace and not url.startswith("file:///")):
        raise SettingError(
            f"the lake cannot be at {mask(url)}; write file:///PATH, hdfs://HOST:PORT/PATH or s3://BUCKET/PATH"
        )
    return place(url)
