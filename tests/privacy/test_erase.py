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


def test_what_was_taken_back_is_exported_as_it_was_told_and_erased_with_the_rest(matinee: Matinee):
    like = b'{"id": "l", "type": "like", "user": "7", "movie": "1", "at": "2025-06-01T12:00:00.000001Z"}'
    took_back = (
        b'{"id": "r", "type": "retract", "user": "7", "movie": "1", "of": "2025-06-01T12:00:00.000001Z"}'
    )
    matinee.emit([decode(value, NOON) for value in (like, took_back)])
    told = [event for event in matinee.export_user(PERSON)["events"] if event["id"] in "lr"]
    matinee.stream().drain()
    stored = [event for event in matinee.export_user(PERSON)["events"] if event["id"] in "lr"]
    assert [event["id"] for event in stored] == ["l", "r"]
    assert stored[1]["of"] == told[1]["of"] == "2025-06-01T12:00:00.000001Z"
    assert "of" not in stored[0]
    assert "value" not in stored[1]
    matinee.erase_user(PERSON)
    assert left(matinee) == []
    matinee.emit([decode(like.replace(b'"l"', b'"again"'), NOON)])
    matinee.stream().drain()
    found = matinee.lake.read("interactions", where=pl.col("user") == PERSON)
    assert found["movie"].to_list() == ["1"]


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
