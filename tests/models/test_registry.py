"""The registry in a folder, on HDFS and in a bucket."""

import os
from pathlib import Path

import pytest

from matinee.errors import ModelError
from matinee.files import open_files
from matinee.models.registry import Registry
from tests.models.registry_contract import RegistryContract, publish


class TestLocalRegistry(RegistryContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"file://{tmp_path}/the models"

    def test_arrays_are_mapped_where_they_are(self, registry, cache):
        registry.load(publish(registry))
        assert not any(path.is_file() for path in cache.rglob("*"))

    def test_a_model_that_cannot_be_read_now_is_told_as_one(self, registry, monkeypatch):
        version = publish(registry)

        def refused(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("matinee.models.artifact.hashlib.file_digest", refused)
        with pytest.raises(ModelError, match="Permission denied"):
            registry.load(version)
        monkeypatch.setattr(Path, "read_bytes", refused)
        with pytest.raises(ModelError, match="Permission denied"):
            registry.load(version)

    def test_what_a_kill_left_is_swept_once_it_is_old(self, registry, url):
        publish(registry)
        files, folder = open_files(url), Path(url.removeprefix("file://"))
        old = ["20200101T000000Z-aaaaaaaa/movies.json", "active/.unfinished-1", ".unfinished-1/movies.json"]
        young = ["20200101T000000Z-bbbbbbbb/movies.json", "active/.unfinished-2"]
        others = ["notes", "events/_delta_log/0.json", "input/ratings.csv"]
        for path in (*old, *young, *others):
            files.write(path, b"")
        for path in (*old, *others):
            os.utime(folder / path, (0, 0))
        publish(registry, 1)
        there = {found.path for found in files.under()}
        assert there & {*old, *young, *others} == {*young, *others}
        assert not (folder / old[0]).parent.exists()
        assert len(registry.versions()) == 2

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path):
        (tmp_path / "file").touch()
        registry = Registry(f"file://{tmp_path}/file/models", tmp_path / "cache")
        with pytest.raises(ModelError, match="cannot write"):
            publish(registry)


class FarRegistry(RegistryContract):
    """A registry on another machine: what is served is mapped from a copy on this one."""

    def test_a_model_is_fetched_once_for_all_processes(self, registry, url, cache, monkeypatch):
        version = publish(registry)
        (here,) = cache.glob(f"*/{version}")
        other = Registry(url, cache)
        monkeypatch.setattr(other._files, "fetch", None)
        assert other.load().model.movies == registry.load().model.movies
        assert [path.name for path in here.parent.iterdir()] == [version]

    def test_a_copy_that_is_damaged_is_fetched_anew(self, registry, cache):
        version = publish(registry)
        (array,) = cache.glob(f"*/{version}/weights.npy")
        array.write_bytes(b"no")
        registry.load()
        assert array.read_bytes() != b"no"

    def test_what_is_damaged_there_never_gets_into_the_cache(self, registry, url, cache):
        publish(registry)
        version = publish(registry, 1, activate=False)
        open_files(url).write(f"{version}/weights.npy", b"no")
        with pytest.raises(ModelError, match="damaged"):
            registry.load(version)
        assert not [*cache.glob(f"*/{version}")]

    def test_what_is_removed_there_is_removed_from_the_cache(self, url, cache):
        registry = Registry(url, cache, keep=1)
        versions = [publish(registry, hours) for hours in range(4)]
        (folder,) = cache.iterdir()
        assert {path.name for path in folder.iterdir()} <= set(versions[1:])


class TestHdfsRegistry(FarRegistry):
    @pytest.fixture
    def url(self, hdfs_url: str) -> str:
        return hdfs_url


class TestS3Registry(FarRegistry):
    @pytest.fixture
    def url(self, s3_url: str) -> str:
        return s3_url
