"""What a lake holds, in a form that two lakes can be compared by."""

from typing import Any

from matinee.lake.delta import Lake
from matinee.lake.tables import TableName

STREAMED: tuple[TableName, ...] = ("events", "rejects", "movies", "interactions", "trending")


def content(lake: Lake) -> dict[TableName, list[dict[str, Any]]]:
    """All rows that the stream makes, in an order of their own."""
    return {name: sorted(lake.read(name).to_dicts(), key=repr) for name in STREAMED}
