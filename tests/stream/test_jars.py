"""The jars by which Spark reads Kafka, fetched once."""

from pathlib import Path

import pytest

from matinee.stream import jars


def test_of_processes_that_fetch_at_once_all_have_the_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pom, folder, fetching = tmp_path / "pom.xml", tmp_path / "jars", 0
    pom.write_text("what to fetch")

    def fetch(pom: Path, place: Path) -> None:
        nonlocal fetching
        fetching += 1
        if fetching < 3:  # while this one fetches, the next one begins and ends
            jars.jars(folder, pom)
        place.mkdir()
        (place / "one.jar").write_text("all of it")

    monkeypatch.setattr(jars, "_fetch", fetch)
    (one,) = jars.jars(folder, pom)
    assert one.read_text() == "all of it"
    assert [each.name for each in folder.iterdir()] == [one.parent.name]
    assert (fetching, jars.jars(folder, pom)) == (3, [one])
