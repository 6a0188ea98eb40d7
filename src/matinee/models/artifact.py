"""A model on disk: a folder with one `.npy` per array, `movies.json`, and `model.json` that vouches for all.

Nothing in it is code, and nothing is unpickled. Arrays are memory-mapped, so that processes share them.
The same model, facts of its making and creation time give the same bytes.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee import __version__
from matinee.errors import ModelError
from matinee.models.blend import Blend
from matinee.replacing import sync

FORMAT = 3
"""The format that is written and read; others are refused."""
MANIFEST = "model.json"
MOVIES = "movies.json"
_TOLD = {"created", "lake_version", "package", "settings", "figures", "movies", "arrays"}
"""What every manifest of this format has, besides its format and kind."""


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: when it was made, from which version of the lake, and with which figures."""

    created: datetime
    lake_version: int | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifact:
    """A loaded model and its manifest, the content of `model.json`."""

    model: Blend
    manifest: Mapping[str, Any]


def save(folder: Path, model: Blend, origin: Origin) -> None:
    """Write `model` into the empty or absent `folder`, every file on disk before this returns."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: _save_array(folder, name, array) for name, array in sorted(model.arrays().items())}
    movies = json.dumps(model.movies, ensure_ascii=False, separators=(",", ":")).encode()
    _write(folder / MOVIES, lambda file: file.write(movies))
    manifest = {
        "format": FORMAT,
        "kind": model.kind,
        "created": origin.created.isoformat(),
        "lake_version": origin.lake_version,
        "package": __version__,
        "settings": model.settings(),
        "figures": origin.figures,
        "movies": {"file": MOVIES, "count": len(model.movies), "sha256": _digest(folder / MOVIES)},
        "arrays": arrays,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True).encode()
    _write(folder / MANIFEST, lambda file: file.write(text))
    sync(folder)


def load(folder: Path) -> Artifact:
    """The model in `folder`, its arrays memory-mapped, after every file has been checked.

    Raises ModelError with the reason for a missing, damaged, foreign or newer artifact.
    """
    manifest = read_manifest(folder)
    try:
        movies = tuple(json.loads(_checked(folder, manifest["movies"]).read_bytes()))
        arrays = {name: _load_array(folder, entry) for name, entry in manifest["arrays"].items()}
        return Artifact(Blend.restored(arrays, manifest["settings"], movies), manifest)
    except OSError as error:
        raise ModelError(f"model {folder} cannot be read: {error}; train again or roll back") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError) as error:
        raise ModelError(f"model {folder} cannot be read: {error!r}; train again or roll back") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `model.json` says, once it is known to be of a kind and format that can be read."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"no model in {folder}: {MANIFEST} is missing; train one") from error
    except OSError as error:
        raise ModelError(f"model {folder} cannot be read: {error}; train again or roll back") from error
    return parse_manifest(content, str(folder))


def parse_manifest(content: bytes, folder: str) -> dict[str, Any]:
    """What the `model.json` of `folder` says, once its kind and format are known to be readable."""
    path = f"{folder}/{MANIFEST}"
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model {path} is damaged: {error}; train again or roll back") from error
    format_ = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(format_, int):
        raise ModelError(f"{path} is not a model of Matinee: it names no format, got {format_!r}")
    if format_ != FORMAT:
        advice = "upgrade matinee" if format_ > FORMAT else "train again"
        raise ModelError(f"model {folder} has format {format_}, this Matinee reads {FORMAT}; {advice}")
    if manifest.get("kind") != Blend.kind:
        raise ModelError(f"model {folder} is of kind {manifest.get('kind')!r}, known is {Blend.kind!r}")
    if missing := _TOLD - manifest.keys():
        raise ModelError(f"model {path} is damaged: it does not tell its {', '.join(sorted(missing))}")
    return dict(manifest)


def _save_array(folder: Path, name: str, array: npt.NDArray[Any]) -> dict[str, Any]:
    array = np.ascontiguousarray(array)
    path = folder / f"{name}.npy"
    _write(path, lambda file: np.save(file, array, allow_pickle=False))
    return {"file": path.name, "dtype": array.dtype.str, "shape": list(array.shape), "sha256": _digest(path)}


def _load_array(folder: Path, entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    path = _checked(folder, entry)
    array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    if array.dtype.str != entry["dtype"] or list(array.shape) != entry["shape"]:
        raise ModelError(f"model file {path} holds {array.dtype.str} {array.shape}, not what {MANIFEST} says")
    return array


def _checked(folder: Path, entry: Mapping[str, Any]) -> Path:
    """The file of an entry, which lies in the folder itself and has the sum that the manifest says."""
    path = folder / str(entry["file"])
    if path.parent != folder or path.name in ("", ".."):
        raise ModelError(
            f"model {folder} names the file {entry['file']!r} outside of itself; do not trust it"
        )
    found = _digest(path)
    if found != entry["sha256"]:
        raise ModelError(
            f"model file {path} is damaged: its sha256 is {found}, {MANIFEST} says {entry['sha256']}; "
            "train again or roll back"
        )
    return path


def _write(path: Path, put: Callable[[Any], Any]) -> None:
    with path.open("wb") as file:
        put(file)
        file.flush()
        os.fsync(file.fileno())


def digest_of(folder: Path) -> str:
    """The SHA-256 of the manifest, which has those of all other files; raises ModelError without one."""
    try:
        return _digest(folder / MANIFEST)
    except OSError as error:
        raise ModelError(f"model {folder} cannot be read: {error}; train again or roll back") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
