"""Erasure: nothing of the user is left in any file, whatever goes on at the same time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from matinee.app import Matinee, open_matinee
from matinee.errors import LakeError
from matinee.events.codec import decode
from matinee.lake.delta import Lake
from matinee.lake.tables import OF_A_USER
from matinee.progress import silent
from matinee.serve.top_n import store_lists, top_n
from tests.stream.given import NOON

PERSON = "7"


@pytest.fixture
def matinee(home: Path) -> Iterator[Matinee]:
    with open_matinee(home) as opened:
        yield opened


def left(matinee: Matinee, *tables: str) -> list[str]:
    """The files, of whatever version, that still have a row of PERSON."""
    found = []
    for table in tables or OF_A_USER:
        for file in (Path(matinee.settings.home) / "lake" / table).rglob("*.parquet"):
            rows = pl.read_parquet(file)
            column = OF_A_USER[table]  # type: ignore[index]
            if column in rows.columns and PERSON in rows[column].to_list():
                found.append(str(file))
    return found


def test_no_file_has_a_row_of_an_erased_user(matinee: Matinee):
    assert left(matinee)
    matinee.erase_user(PERSON)
    assert left(matinee) == []


def test_asking_again_wipes_what_a_killed_erasure_left(matinee: Matinee, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as killed:
        killed.setattr(Lake, "wipe", lambda *_: (_ for _ in ()).throw(LakeError("killed")))
        with pytest.raises(LakeError):
            matinee.erase_user(PERSON)
    assert left(matinee, "interactions")
    matinee.erase_user(PERSON)
    assert left(matinee) == []


def test_what_an_erased_user_did_no_longer_trends(matinee: Matinee):
    matinee.emit([decode(b'{"type": "view", "user": "7", "movie": "1"}', NOON)])
    assert matinee.stream().drain().events == 1
    assert matinee.interactions.trending("7d", "view", 5)[0].events == 1
    matinee.erase_user(PERSON)
    matinee.stream().drain()
    assert matinee.interactions.trending("7d", "view", 5) == []


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_list_made_during_an_erasure_is_not_kept(
    matinee: Matinee, monkeypatch: pytest.MonkeyPatch, comes_back: bool
):
    def made_during_an_erasure(*given: Any) -> Any:
        lists = top_n(*given)
        matinee.erase_user(PERSON)
        if comes_back:
            matinee.emit([decode(b'{"type": "like", "user": "7", "movie": "1"}', NOON)])
        return lists

    monkeypatch.setattr("matinee.serve.top_n.top_n", made_during_an_erasure)
    store_lists(matinee.recommender(), matinee.log, matinee.lake, matinee.recommendations, progress=silent)
    assert matinee.recommendations.get(PERSON) is None
    assert left(matinee, "recommendations") == []
