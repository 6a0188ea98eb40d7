"""The folders beside the tables, on every file system."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from matinee.errors import LogError, SettingError, SourceError
from matinee.files import open_files
from matinee.files.base import Files
from matinee.lake.folders import ABOUT, FOLDERS, Folders, Load


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/the lake"


@pytest.fixture(params=["file_url", "hdfs_url", "s3_url"])
def folders(request: pytest.FixtureRequest) -> Folders:
    return Folders(request.getfixturevalue(request.param))


@pytest.fixture
def files(folders: Folders) -> Files:
    return open_files(folders.url)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a folder in it."""
    (tmp_path / "some data" / "deep").mkdir(parents=True)
    (tmp_path / "some data" / "ratings.csv").write_text("1,2,3")
    (tmp_path / "some data" / "deep" / "more.csv").write_text("4")
    return tmp_path / "some data"


def loading(seen: dict[str, list[str]], rejects: str = "") -> Load:
    """A load that only notes what it is given: each name, and the files in it."""

    def load(path: Path, aside: Path) -> dict[str, Any]:
        inside = path.rglob("*") if path.is_dir() else [path]
        seen[path.name] = sorted(each.name for each in inside if each.is_file())
        if path.name == "bad.csv":
            raise SourceError(f"{path} is no data of ours")
        if rejects:
            aside.write_text(rejects)
        return {"new events": len(seen[path.name])}

    return load


def paths(files: Files, folder: str) -> list[str]:
    """What is in a folder, without the moment that is a part of its path."""
    parts = (found.path.split("/") for found in files.under(folder) if found.name != ABOUT)
    return ["/".join([*path[:1], *path[2:]]) for path in parts]


def test_folders_are_made_once_and_say_what_they_are_for(folders: Folders, files: Files):
    assert folders.layout() == list(FOLDERS)
    assert folders.layout() == []
    assert files.read(f"processed/{ABOUT}").decode() == f"{FOLDERS['processed']}\n"
    assert [*folders.take(loading({}))] == []


def test_what_is_uploaded_is_loaded_and_moved(folders: Folders, files: Files, source: Path):
    folders.layout()
    uploaded = folders.upload(source)
    assert [found.path for found in uploaded] == [
        "input/some data/deep/more.csv",
        "input/some data/ratings.csv",
    ]
    seen: dict[str, list[str]] = {}
    (taken,) = folders.take(loading(seen))
    assert (taken.name, taken.counts, taken.reason) == ("some data", {"new events": 2}, None)
    assert seen == {"some data": ["more.csv", "ratings.csv"]}
    assert paths(files, "processed") == [
        "processed/some data/deep/more.csv",
        "processed/some data/ratings.csv",
    ]
    assert paths(files, "input") == paths(files, "errors") == []
    assert files.read(f"{taken.to}/ratings.csv") == b"1,2,3"


def test_what_cannot_be_loaded_goes_to_errors_with_the_reason(folders: Folders, files: Files, source: Path):
    (source / "bad.csv").write_text("what?")
    folders.upload(source / "bad.csv")
    folders.upload(source / "ratings.csv")
    bad, good = folders.take(loading({}))
    assert (bad.name, bad.reason) == ("bad.csv", "input/bad.csv is no data of ours")
    assert good.reason is None
    assert paths(files, "errors") == ["errors/bad.csv", "errors/bad.csv.reason.txt"]
    assert files.read(f"{bad.to}.reason.txt") == b"input/bad.csv is no data of ours\n"
    assert paths(files, "processed") == ["processed/ratings.csv"]


def test_unreadable_rows_of_what_is_loaded_are_kept(folders: Folders, files: Files, source: Path):
    folders.upload(source / "ratings.csv")
    (taken,) = folders.take(loading({}, rejects="ratings.csv\t7\tno number\n"))
    assert taken.reason is None
    assert paths(files, "errors") == ["errors/ratings.csv.rejects.tsv"]


def test_what_fails_for_another_reason_stays(folders: Folders, files: Files, source: Path):
    folders.upload(source / "ratings.csv")

    def fails(path: Path, aside: Path) -> dict[str, Any]:
        raise LogError("the disk is full")

    with pytest.raises(LogError, match="disk"):
        next(folders.take(fails))
    assert [found.path for found in files.under()] == ["input/ratings.csv"]


def test_what_is_old_is_cleaned(folders: Folders, files: Files):
    folders.layout()
    for path in ("processed/1/a", "errors/1/a", "logs/a", "checkpoints/a", "events/a.parquet"):
        files.write(path, b"1")
    assert folders.old(["processed", "logs"], timedelta(days=1)) == []
    old = folders.old(["processed", "logs"], timedelta(seconds=-60))
    assert [found.path for found in old] == ["processed/1/a", "logs/a"]
    folders.remove(old)
    left = [found.path for found in files.under() if found.name != ABOUT]
    assert left == ["checkpoints/a", "errors/1/a", "events/a.parquet"]


def test_nothing_to_upload_is_told(folders: Folders, tmp_path: Path):
    with pytest.raises(SourceError, match="no file"):
        folders.upload(tmp_path / "nothing")


def test_a_folder_that_is_named_from_below_has_its_own_name(folders: Folders, tmp_path: Path, monkeypatch):
    (tmp_path / "mine" / "below").mkdir(parents=True)
    (tmp_path / "mine" / "file").write_bytes(b"x")
    monkeypatch.chdir(tmp_path / "mine" / "below")
    assert [found.path for found in folders.upload(Path(".."))] == ["input/mine/file"]


@pytest.mark.parametrize(
    "models", ["", "/", "/events", "/interactions/models", "/input", "/models/../events"]
)
@pytest.mark.parametrize(
    "lake", ["file:///a/lake", "file:////a/lake/", "s3://bucket/lake", "hdfs://h:1/lake"]
)
def test_models_may_not_be_among_the_tables(lake: str, models: str):
    url = lake.rstrip("/") + models
    with pytest.raises(SettingError, match="MATINEE_MODELS cannot be"):
        Folders(lake).for_models(url)


@pytest.mark.parametrize("models", ["/models", "/models/shop", "s", "/../models"])
@pytest.mark.parametrize("lake", ["file:///a/lake", "s3://bucket/lake", "hdfs://h:1/lake"])
def test_models_may_be_in_their_folder_or_elsewhere(lake: str, models: str):
    assert Folders(lake).for_models(lake + models) == lake + models
