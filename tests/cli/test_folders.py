"""The verbs for the folders beside the lake's tables."""

import json
from pathlib import Path

from tests import support


def told(home: Path, *arguments: str) -> list[dict[str, object]]:
    rows = json.loads(support.run(home, "data", *arguments, "--json"))
    assert isinstance(rows, list)
    return rows


def test_from_layout_to_clean(sample: Path, tmp_path: Path):
    home = tmp_path / "home"
    assert all(row["made"] for row in told(home, "layout"))
    assert not any(row["made"] for row in told(home, "layout"))
    assert "there before" in support.run(home, "data", "layout")
    assert len(told(home, "upload", str(sample))) == 4
    (tmp_path / "notes.txt").write_text("no data")
    told(home, "upload", str(tmp_path / "notes.txt"))
    good, bad = sorted(told(home, "load"), key=lambda row: row["reason"] is not None)
    assert (good["name"], good["reason"]) == (sample.name, None)
    assert isinstance(good["new events"], int)
    assert good["new events"] > 1000
    assert bad["name"] == "notes.txt"
    assert (home / "lake" / f"{bad['moved to']}.reason.txt").is_file()
    assert told(home, "load") == []

    assert told(home, "clean") == []
    would = told(home, "clean", "--days", "0", "--dry-run")
    assert len(would) == 6
    assert (home / "lake" / f"{bad['moved to']}").is_file()
    assert not any(row["removed"] for row in would)
    assert "would be removed" in support.run(home, "data", "clean", "--days", "0", "--dry-run")
    gone = told(home, "clean", "--days", "0", "--yes")
    assert [row["file"] for row in would] == [row["file"] for row in gone]
    assert told(home, "clean", "--days", "0", "--yes") == []
    assert (home / "lake" / "processed" / "_about.txt").is_file()
