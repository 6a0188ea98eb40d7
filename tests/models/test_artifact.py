"""An artifact comes back as it was, or is refused with the reason."""

import hashlib
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from matinee.errors import ModelError
from matinee.models.artifact import FORMAT, MANIFEST, Origin, load, save
from tests.models import worlds
from tests.models.contract import fitted

ORIGIN = Origin(datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC), 7, {"blend": {"k": 10}})


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "model", fitted(worlds.blend).with_movies([("new", worlds.facts(1))]), ORIGIN)
    return tmp_path / "model"


def rewrite(folder, **changes):
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_comes_back_as_it_was(folder):
    artifact = load(folder)
    before = fitted(worlds.blend).with_movies([("new", worlds.facts(1))])
    history = worlds.history((3, 1.0), (24, 0.5), (5, -1.0))
    assert artifact.model.movies == before.movies
    for model in (before, artifact.model):
        assert model.with_movies([("newer", worlds.facts(2))]).movies[-1] == "newer"
    assert np.array_equal(
        artifact.model.scores(artifact.model.state(history)), before.scores(before.state(history))
    )


def test_the_manifest_says_where_it_comes_from(folder):
    manifest = load(folder).manifest
    assert manifest["created"] == "2026-11-21T01:02:03+00:00"
    assert manifest["lake_version"] == 7
    assert manifest["figures"] == {"blend": {"k": 10}}
    assert manifest["settings"]["parts"]["ials"]["factors"] == worlds.FACTORS


def test_the_same_data_gives_the_same_bytes(folder, tmp_path):
    save(tmp_path / "again", worlds.blend().with_movies([("new", worlds.facts(1))]), ORIGIN)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_arrays_are_mapped_not_read(folder):
    map_ = load(folder).model.parts.sequence.arrays()["map"]
    assert isinstance(map_.base, np.memmap)
    assert not map_.flags.writeable


@pytest.mark.parametrize("name", ["sequence.map.npy", "ials.factors.npy", "movies.json", "weights.npy"])
def test_a_flipped_bit_is_found(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} is damaged: its sha256"):
        load(folder)


@pytest.mark.parametrize("name", ["sequence.map.npy", "movies.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": FORMAT + 1}, "upgrade matinee"),
        ({"format": None}, "not a model of Matinee"),
        ({"kind": "forest"}, "kind 'forest'"),
        ({"settings": {}}, "cannot be read"),
        ({"arrays": []}, "cannot be read"),
        ({"movies": {"file": "../movies.json", "sha256": ""}}, "outside of itself"),
    ],
)
def test_what_is_foreign_newer_or_incomplete_is_refused(folder, changes, reason):
    rewrite(folder, **changes)
    with pytest.raises(ModelError, match=reason):
        load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"model"'])
def test_any_other_file_is_refused(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(ModelError, match=r"model\.json"):
        load(folder)


def test_an_empty_folder_says_train(tmp_path):
    with pytest.raises(ModelError, match="train one"):
        load(tmp_path)


def test_pickled_arrays_are_never_loaded(folder):
    path = folder / "weights.npy"
    with path.open("wb") as file:
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["arrays"]["weights"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite(folder, arrays=manifest["arrays"])
    with pytest.raises(ModelError, match="cannot be read"):
        load(folder)
