"""Published models: one folder per version, and one small file that says which is active.

    models/20261121T010203Z-1a2b3c4d/    an artifact, never changed once it is there
    models/active.json                   {"active": version, "before": [older active versions, newest last]}

A version is the time of its making and the first of the SHA-256 of its `model.json`, so versions sort by
time. Safe with several processes at once, and after a kill at any moment: a folder appears whole, by a
rename, and the active version changes whole, by a replace.
"""

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from matinee import replacing
from matinee.errors import ModelError
from matinee.models.artifact import MANIFEST, Artifact, Origin, digest_of, load, read_manifest, save
from matinee.models.blend import Blend
from matinee.replacing import UNFINISHED, sync

try:
    import fcntl
except ImportError:  # Windows: there one process at a time activates
    fcntl = None  # type: ignore[assignment]

_ACTIVE = "active.json"
_NAME = re.compile(r"\w[\w.-]{0,99}")
_ABANDONED_SECONDS = 3600.0
_DIGITS = 8
"""So much of the SHA-256 of its manifest is in a version."""


class _Active(msgspec.Struct):
    """What the small file holds."""

    active: str | None
    before: list[str]


class Info(NamedTuple):
    """A published model: its version, whether it is active, and its manifest."""

    version: str
    active: bool
    manifest: dict[str, Any]


class Registry:
    """The published models in `folder`, of which the newest `keep` are kept, and those to roll back to."""

    def __init__(self, folder: Path, keep: int = 5) -> None:
        self.folder = folder
        self.keep = keep

    def publish(self, model: Blend, origin: Origin, *, activate: bool = True) -> str:
        """Write the model, make it visible at once as a whole, and activate it; return its version.

        1. Write it into a folder of its own, every file on disk.
        2. Rename that folder to its version; an equal one that is there already stays.
        3. Activate it, if asked to. 4. Remove versions beyond `keep`.
        """
        try:
            version = self._publish(model, origin, activate)
        except OSError as error:
            raise ModelError(
                f"no model can be published in {self.folder}: {error}; make room, or mend its rights"
            ) from error
        self._sweep()
        return version

    def _publish(self, model: Blend, origin: Origin, activate: bool) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.folder))
        try:
            save(unfinished, model, origin)
            unfinished.chmod(0o755)
            version = _version(unfinished, origin.created)
            with self._locked():  # so that no other process removes it before it is active
                self._place(unfinished, version)
                if activate:
                    self._activate(version)
                self._prune({version})
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return version

    def versions(self) -> list[Info]:
        """All published models, oldest first; unreadable ones are left out."""
        active = self.active()
        return [Info(name, name == active, manifest) for name, manifest in self._readable()]

    def active(self) -> str | None:
        """The active version, or None before the first."""
        version = self._read()["active"]
        return None if version is None else str(version)

    def activate(self, version: str) -> None:
        """Make `version` the active one, atomically, after checking that it can be loaded.

        Raises ModelError for an unknown or damaged version; the active one then stays.
        """
        with self._locked():  # so that it is not removed meanwhile
            self._activate(version)

    def _activate(self, version: str) -> None:
        self.load(version)
        now = self._read()
        if now["active"] != version:
            before = [*now["before"], now["active"]] if now["active"] else now["before"]
            self._replace({"active": version, "before": before[-self.keep :]})

    def rollback(self) -> str:
        """Activate what was active before, and return it; raises ModelError when there is none."""
        with self._locked():
            now = self._read()
            there = self._names()
            before = [version for version in now["before"] if version in there]
            if not before:
                raise ModelError(
                    f"nothing to roll back to in {self.folder}: no other model was active before"
                )
            self.load(before[-1])
            self._replace({"active": before[-1], "before": before[:-1]})
        return str(before[-1])

    def load(self, version: str | None = None) -> Artifact:
        """The model of this version, by default the active one; raises ModelError with the reason."""
        version = version or self.active()
        if version is None:
            raise ModelError(f"no model is active in {self.folder}; train one")
        if not _NAME.fullmatch(version) or version not in self._names():
            raise ModelError(f"no model {version!r} in {self.folder}; choose one of its versions")
        self._manifest(version)
        return load(self.folder / version)

    def _manifest(self, version: str) -> dict[str, Any]:
        """What the model's manifest says, once it is known to be the one that was published."""
        folder = self.folder / version
        manifest = read_manifest(folder)
        if version.rpartition("-")[2] != digest_of(folder)[:_DIGITS]:
            raise ModelError(
                f"model {folder} is damaged: {MANIFEST} is not the one that {version} was "
                "published with; train again or roll back"
            )
        return manifest

    def _prune(self, kept: set[str]) -> list[str]:
        now = self._read()
        kept = {*kept, now["active"], *now["before"][-1:]}
        old = [name for name in self._names()[: -self.keep or None] if name not in kept]
        for name in old:  # out of sight first, so that no kill leaves half a version
            going = (self.folder / name).rename(self.folder / f"{UNFINISHED}{name}")
            shutil.rmtree(going, ignore_errors=True)
        return old

    def _sweep(self) -> None:
        """Remove what interrupted publications and activations left."""
        for path in self.folder.glob(f"{UNFINISHED}*"):
            with suppress(FileNotFoundError):  # its own process has just removed it
                if time.time() - path.stat().st_mtime < _ABANDONED_SECONDS:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()

    def _place(self, unfinished: Path, version: str) -> None:
        try:
            unfinished.rename(self.folder / version)
        except OSError:
            if not (self.folder / version).is_dir():  # or else an equal model is there already
                raise
        sync(self.folder)

    def _names(self) -> list[str]:
        try:
            paths = [*self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ModelError(f"{self.folder} cannot be read: {error}; mend its rights") from error
        return sorted(path.name for path in paths if path.name[0] != "." and _is_folder(path))

    def _readable(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in self._names():
            try:
                yield name, self._manifest(name)
            except ModelError:
                continue

    def _read(self) -> dict[str, Any]:
        path = self.folder / _ACTIVE
        try:
            now = msgspec.json.decode(path.read_bytes(), type=_Active)
        except FileNotFoundError:
            return {"active": None, "before": []}
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ModelError(f"{path} is damaged: {error}; remove it and activate a version") from error
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error}") from error
        return msgspec.to_builtins(now)  # type: ignore[no-any-return]

    def _replace(self, now: dict[str, Any]) -> None:
        replacing.replace(self.folder / _ACTIVE, json.dumps(now).encode())
        sync(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among the processes that change what is active; the system lets go when one dies."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / ".lock").open("w")
        except OSError as error:
            raise ModelError(f"{self.folder} cannot be written: {error}; mend its rights") from error
        with file:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # what is wrong is told when it is read
        return True


def _version(folder: Path, created: datetime) -> str:
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest_of(folder)[:_DIGITS]}"
