"""Where the lake's tables lie: what Delta's library opens for a URL, and how Polars reads the files there."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import polars as pl
from deltalake import DeltaTable

from matinee.errors import SettingError
from matinee.urls import local_path, mask


class LocalPlace:
    """A folder of this machine, `file:///PATH`."""

    local = True

    def __init__(self, url: str) -> None:
        if not url.startswith("file:///"):
            raise SettingError(f"the lake cannot be at {mask(url)}; write file:///PATH")
        self.root = local_path(url)
        if set(self.root) & set("%[]"):
            raise SettingError(
                f"the lake cannot be at {url}: Delta takes no path with %, [ or ]; name another"
            )

    def files(self, target: DeltaTable) -> list[str]:
        """Where the parquet files of this version are."""
        return [unquote(file) for file in target.file_uris()]

    def scan(self, target: DeltaTable) -> pl.LazyFrame:
        """The rows of this version, which has files."""
        return pl.scan_parquet(self.files(target), glob=False)


Place = LocalPlace

SCHEMES: Mapping[str, type[Place]] = {
    "file": LocalPlace,
}


def open_place(url: str) -> Place:
    """The place at `url`. Raises SettingError."""
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise SettingError(f"the lake cannot be at {mask(url)}; write file:///PATH")
    return SCHEMES[scheme](url)
