"""What a lake holds, in a form that two can be compared by; and how one comes to hold part of a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from matinee.lake.delta import Lake
from matinee.lake.tables import TableName

STREAMED: tuple[TableName, ...] = ("events", "rejects", "movies", "interactions", "trending")


def content(lake: Lake) -> dict[TableName, list[dict[str, Any]]]:
    """All rows that the stream makes, in an order of their own."""
    return {name: sorted(lake.read(name).to_dicts(), key=repr) for name in STREAMED}


class CutError(Exception):
    """Stands for a process that is gone."""


@contextmanager
def cut_at(table: str, *, after: bool = True) -> Iterator[None]:
    """Whoever commits to `table` is gone when that is done, or just before."""
    honest = Lake._commit

    def cut(self: Lake, name: Any, commit: Any) -> Any:
        done = honest(self, name, commit) if after or name != table else None
        if name == table:
            raise CutError
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lake, "_commit", cut)
        yield
