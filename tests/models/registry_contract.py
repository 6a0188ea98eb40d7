"""What any registry does, wherever the models lie: versions, activation, rollback, and what a kill leaves."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from matinee.errors import ModelError
from matinee.files import open_files
from matinee.models.artifact import MANIFEST, Origin
from matinee.models.registry import Registry
from tests import support
from tests.models import worlds
from tests.models.contract import fitted

FOREVER = 10**6
START = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def publish(registry: Registry, hours: int = 0, **how):
    return registry.publish(fitted(worlds.blend), Origin(START + timedelta(hours=hours)), **how)


def start(registry: Registry, cache: Path, begin: int, count: int) -> "subprocess.Popen[str]":
    """A process that publishes."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.models.publisher", registry.url, str(cache), str(begin), str(count)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(support.ROOT / "src"), str(support.ROOT)))},
        cwd=support.ROOT,
        text=True,
    )


def rewrite(registry: Registry, version: str, **changes: object) -> None:
    """Change what a published manifest says."""
    files, path = open_files(registry.url), f"{version}/{MANIFEST}"
    manifest = json.loads(files.read(path)) | changes
    files.write(path, json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True).encode())


class RegistryContract:
    """Subclass with a fixture `url` that names an empty place."""

    @pytest.fixture
    def cache(self, tmp_path: Path) -> Path:
        return tmp_path / "cache"

    @pytest.fixture
    def registry(self, url: str, cache: Path) -> Registry:
        return Registry(url, cache)

    def test_a_version_is_its_time_and_a_sum(self, registry):
        assert re.fullmatch(r"20261121T010203Z-[0-9a-f]{8}", publish(registry))

    def test_published_models_are_listed_oldest_first_with_the_active_one(self, registry):
        versions = [publish(registry, 2), publish(registry, 0), publish(registry, 1, activate=False)]
        infos = registry.versions()
        assert [info.version for info in infos] == sorted(versions)
        assert [info.version for info in infos if info.active] == [versions[1]]

    def test_the_same_model_published_twice_is_one_version(self, registry):
        assert publish(registry) == publish(registry)
        assert len(registry.versions()) == 1

    def test_activation_and_rollback(self, registry):
        first, second, third = (publish(registry, hours) for hours in range(3))
        assert registry.active() == third
        assert registry.before() == second
        assert registry.rollback() == second
        assert registry.rollback() == first == registry.active()
        assert registry.before() is None
        with pytest.raises(ModelError, match="nothing to roll back to"):
            registry.rollback()
        registry.activate(third)
        assert registry.rollback() == first

    def test_without_a_model_it_says_so(self, registry):
        assert registry.active() is None
        assert registry.versions() == []
        with pytest.raises(ModelError, match="train one"):
            registry.load()

    @pytest.mark.parametrize("version", ["20200101T000000Z-00000000", "../models", "."])
    def test_unknown_versions_are_refused(self, registry, version):
        publish(registry)
        with pytest.raises(ModelError, match="no model"):
            registry.activate(version)

    def test_a_damaged_version_is_not_activated_and_the_active_one_stays(self, registry):
        first, second = publish(registry), publish(registry, 1, activate=False)
        open_files(registry.url).write(f"{second}/weights.npy", b"no")
        with pytest.raises(ModelError, match="damaged"):
            registry.activate(second)
        assert registry.active() == first
        assert registry.load().model.movies == worlds.world().movies

    def test_old_versions_go_but_never_the_active_one_nor_the_one_before(self, url, cache):
        registry = Registry(url, cache, keep=2)
        first, second = publish(registry), publish(registry, 1)
        later = [publish(registry, hours, activate=False) for hours in range(2, 5)]
        assert [info.version for info in registry.versions()] == [first, second, *later[-2:]]

    def test_a_mapped_model_outlives_its_folder(self, url, cache):
        registry = Registry(url, cache, keep=1)
        publish(registry)
        model = registry.load().model
        expected = model.scores(model.state(worlds.history((3, 1.0))))
        for hours in (1, 2, 3):
            publish(registry, hours)
        assert len(registry.versions()) == 2
        assert np.array_equal(model.scores(model.state(worlds.history((3, 1.0)))), expected)

    def test_many_at_once_leave_one_active_and_every_other_to_roll_back_to(self, registry):
        versions = [publish(registry, hours, activate=False) for hours in range(4)]
        threads = [threading.Thread(target=registry.activate, args=(version,)) for version in versions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = [registry.active(), *(registry.rollback() for _ in range(3))]
        assert sorted(seen) == versions

    def test_a_model_whose_manifest_is_not_the_published_one_is_not_listed(self, registry):
        versions = [publish(registry, hours) for hours in (0, 1)]
        rewrite(registry, versions[1], figures=None)
        assert [info.version for info in registry.versions()] == versions[:1]
        with pytest.raises(ModelError, match="is not the one"):
            registry.activate(versions[1])

    def test_a_manifest_that_is_not_the_published_one_is_refused(self, registry):
        version = publish(registry)
        rewrite(registry, version, lake_version=8)
        with pytest.raises(ModelError, match="not the one that"):
            registry.load(version)

    @pytest.mark.parametrize("text", ['{"format": 3, "kind": "blend"}', "[" * 200_000, "", "null"])
    def test_what_is_no_manifest_is_left_out_of_the_list(self, registry, text):
        version = publish(registry)
        open_files(registry.url).write("20200101T000000Z-aaaaaaaa/model.json", text.encode())
        assert [info.version for info in registry.versions()] == [version]

    def test_a_model_is_published_also_by_a_clock_that_is_behind(self, url, cache):
        registry = Registry(url, cache, keep=2)
        later = [publish(registry, hours) for hours in (5, 6, 7)]
        version = publish(registry, 0, activate=False)
        assert {version, later[-1]} <= {info.version for info in registry.versions()}

    def test_what_is_being_removed_is_not_activated(self, registry):
        first, second = publish(registry), publish(registry, 1)
        files = open_files(registry.url)
        number = len(files.under("active"))
        going = {"active": second, "before": [], "going": [first]}
        assert files.create(f"active/{number + 1:08}.json", json.dumps(going).encode())
        with pytest.raises(ModelError, match="no model"):
            registry.activate(first)
        publish(registry, 2)  # another process that was killed between is finished for it
        assert not files.under(first)

    def test_a_damaged_file_of_what_is_active_is_named(self, registry, url, cache):
        first, _ = publish(registry), publish(registry, 1)
        files = open_files(url)
        last = files.under("active")[-1].path
        files.write(last, b'{"active": ')
        with pytest.raises(ModelError, match=rf"{last} is damaged.*remove it"):
            Registry(url, cache).active()
        files.remove(last)
        assert Registry(url, cache).active() == first

    def test_processes_that_publish_at_once_leave_every_model_whole_and_one_active(self, registry, cache):
        children = [start(registry, cache, begin, 4) for begin in (0, 100, 200)]
        said = [child.communicate()[0].split() for child in children]
        assert [child.returncode for child in children] == [0, 0, 0]
        published = {version for lines in said for version in lines[1:]}
        assert len(published) == 12
        assert registry.active() in published
        infos = registry.versions()
        assert {info.version for info in infos} <= published
        for info in infos:
            registry.load(info.version)
        newest = sorted(published)[-3:]
        assert set(newest) <= {info.version for info in infos}

    @pytest.mark.crash
    def test_a_kill_at_any_moment_leaves_a_whole_active_model(self, registry, cache):
        rng = np.random.default_rng(3)
        for round_ in range(5):
            with start(registry, cache, round_ * 10_000, FOREVER) as child:
                assert child.stdout is not None
                for _ in range(int(rng.integers(2, 6))):
                    said = child.stdout.readline()
                threading.Event().wait(float(rng.uniform(0, 0.05)))  # anywhere in what comes next
                child.send_signal(signal.SIGKILL)
            active = registry.active()
            assert active is not None
            assert active >= said.strip()
            registry.load()
            for info in registry.versions():
                registry.load(info.version)
