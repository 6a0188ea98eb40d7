"""The registry: versions, activation, rollback, and what a kill leaves."""

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
from matinee.models.artifact import MANIFEST, Origin
from matinee.models.registry import Registry
from tests.models import worlds
from tests.models.contract import fitted

START = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def publish(registry: Registry, hours: int = 0, **how):
    return registry.publish(fitted(worlds.blend), Origin(START + timedelta(hours=hours)), **how)


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "models")


def test_a_version_is_its_time_and_a_sum(registry):
    assert re.fullmatch(r"20261121T010203Z-[0-9a-f]{8}", publish(registry))


def test_published_models_are_listed_oldest_first_with_the_active_one(registry):
    versions = [publish(registry, 2), publish(registry, 0), publish(registry, 1, activate=False)]
    infos = registry.versions()
    assert [info.version for info in infos] == sorted(versions)
    assert [info.version for info in infos if info.active] == [versions[1]]


def test_the_same_model_published_twice_is_one_version(registry):
    assert publish(registry) == publish(registry)
    assert len(registry.versions()) == 1


def test_activation_and_rollback(registry):
    first, second, third = (publish(registry, hours) for hours in range(3))
    assert registry.active() == third
    assert registry.rollback() == second
    assert registry.rollback() == first == registry.active()
    with pytest.raises(ModelError, match="nothing to roll back to"):
        registry.rollback()
    registry.activate(third)
    assert registry.rollback() == first


def test_without_a_model_it_says_so(registry):
    assert registry.active() is None
    assert registry.versions() == []
    with pytest.raises(ModelError, match="train one"):
        registry.load()


@pytest.mark.parametrize("version", ["20200101T000000Z-00000000", "../models", "."])
def test_unknown_versions_are_refused(registry, version):
    publish(registry)
    with pytest.raises(ModelError, match="no model"):
        registry.activate(version)


def test_a_damaged_version_is_not_activated_and_the_active_one_stays(registry):
    first, second = publish(registry), publish(registry, 1, activate=False)
    (registry.folder / second / "weights.npy").write_bytes(b"no")
    with pytest.raises(ModelError, match="damaged"):
        registry.activate(second)
    assert registry.active() == first
    assert registry.load().model.movies == worlds.world().movies


def test_old_versions_go_but_never_the_active_one_nor_the_one_before(tmp_path):
    registry = Registry(tmp_path, keep=2)
    first, second = publish(registry), publish(registry, 1)
    later = [publish(registry, hours, activate=False) for hours in range(2, 5)]
    assert [info.version for info in registry.versions()] == [first, second, *later[-2:]]


def test_a_mapped_model_outlives_its_folder(tmp_path):
    registry = Registry(tmp_path, keep=1)
    publish(registry)
    model = registry.load().model
    expected = model.scores(model.state(worlds.history((3, 1.0))))
    for hours in (1, 2, 3):
        publish(registry, hours)
    assert len(registry.versions()) == 2
    assert np.array_equal(model.scores(model.state(worlds.history((3, 1.0)))), expected)


def test_many_at_once_leave_one_active_and_every_other_to_roll_back_to(registry):
    versions = [publish(registry, hours, activate=False) for hours in range(4)]
    threads = [threading.Thread(target=registry.activate, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = [registry.active(), *(registry.rollback() for _ in range(3))]
    assert sorted(seen) == versions


def test_a_model_whose_manifest_is_not_the_published_one_is_not_listed(registry):
    versions = [publish(registry, hours) for hours in (0, 1)]
    manifest = registry.folder / versions[1] / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | {"figures": None}))
    assert [info.version for info in registry.versions()] == versions[:1]
    with pytest.raises(ModelError, match="is not the one"):
        registry.activate(versions[1])


def test_a_model_that_cannot_be_read_now_is_told_as_one(registry, monkeypatch):
    version = publish(registry)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("matinee.models.artifact.hashlib.file_digest", refused)
    with pytest.raises(ModelError, match="Permission denied"):
        registry.load(version)
    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(ModelError, match="Permission denied"):
        registry.load(version)


def test_what_a_kill_left_is_swept_once_it_is_old(registry):
    publish(registry)
    left = [
        registry.folder / ".unfinished-old",
        registry.folder / ".unfinished-file",
        registry.folder / ".unfinished-new",
    ]
    left[0].mkdir()
    left[1].touch()
    left[2].mkdir()
    for path in left[:2]:
        os.utime(path, (0, 0))
    publish(registry, 1)
    assert [path.exists() for path in left] == [False, False, True]
    assert len(registry.versions()) == 2


CHILD = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from matinee.models.artifact import MANIFEST, Origin
from matinee.models.registry import Registry
from tests.models import worlds
registry, model = Registry(Path(sys.argv[1]), keep=3), worlds.blend()
print("ready", flush=True)
for second in range(int(sys.argv[2]) * 10_000, 10**9):
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    print(registry.publish(model, Origin(created)), flush=True)
"""


@pytest.mark.crash
def test_a_kill_at_any_moment_leaves_a_whole_active_model(tmp_path):
    rng = np.random.default_rng(3)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root)))}
    registry = Registry(tmp_path, keep=3)
    for round_ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), str(round_)],
            stdout=subprocess.PIPE,
            env=environment,
            cwd=root,
            text=True,
        )
        with child:
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
        assert json.loads((tmp_path / "active.json").read_text())["active"] == active


def test_a_manifest_that_is_not_the_published_one_is_refused(registry):
    version = publish(registry)
    file = registry.folder / version / "model.json"
    manifest = json.loads(file.read_bytes())
    manifest["settings"]["neighbours"] += 8
    file.write_text(json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True))
    with pytest.raises(ModelError, match="not the one that"):
        registry.load(version)


@pytest.mark.parametrize("text", ['{"format": 3, "kind": "blend"}', "[" * 200_000, "", "null"])
def test_what_is_no_manifest_is_left_out_of_the_list(registry, text):
    version = publish(registry)
    other = registry.folder / "20200101T000000Z-aaaaaaaa"
    other.mkdir()
    (other / "model.json").write_text(text)
    assert [info.version for info in registry.versions()] == [version]


def test_a_model_is_published_also_by_a_clock_that_is_behind(tmp_path):
    registry = Registry(tmp_path, keep=2)
    later = [publish(registry, hours) for hours in (5, 6, 7)]
    version = publish(registry, 0, activate=False)
    assert {version, later[-1]} <= {info.version for info in registry.versions()}


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    registry = Registry(tmp_path / "file" / "models")
    with pytest.raises(ModelError, match="no model can be published"):
        publish(registry)
    with pytest.raises(ModelError, match="cannot be written"):
        registry.rollback()
