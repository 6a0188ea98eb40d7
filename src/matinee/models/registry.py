"""Published models: one folder per version, and small numbered files that say which is active.

    models/20261121T010203Z-1a2b3c4d/    an artifact, never changed once its `model.json` is there
    models/active/00000007.json          {"active": version, "before": [older ones, newest last], …}

A version is the time of its making and the first of the SHA-256 of its `model.json`, so versions sort by
time. The last of the numbered files holds; each is created once and never changed, like a version of a
Delta table, which every file system can do. So all of this is safe with several processes on several
machines at once, and after a kill at any moment: a model is there when `model.json`, its last file, is,
and of two that change what is active, the second looks again.
"""

import hashlib
import re
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from matinee.errors import ModelError
from matinee.files import open_files
from matinee.models.artifact import MANIFEST, Artifact, Origin, digest_of, load, parse_manifest, save
from matinee.models.blend import Blend
from matinee.replacing import UNFINISHED

_ACTIVE = "active"
_NUMBERED = re.compile(rf"{_ACTIVE}/(\d{{8}})\.json")
_KEPT = 100
"""So many of the numbered files stay: the one that holds, and what was so before."""
_NAME = re.compile(r"\w[\w.-]{0,99}")
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+")
_ABANDONED = timedelta(hours=1)
_AT_ONCE = 8
"""So many files are copied at once: each waits for its server, not for this machine."""
_DIGITS = 8
"""So much of the SHA-256 of its manifest is in a version."""


class _Active(msgspec.Struct, frozen=True):
    """What a numbered file holds."""

    active: str | None = None
    before: list[str] = []
    going: list[str] = []
    """Versions that are being removed, and that nobody may activate any more."""
    coming: dict[str, float] = {}
    """Versions that are being published, and that nobody may remove, and since when, in seconds."""


class Info(NamedTuple):
    """A published model: its version, whether it is active, and its manifest."""

    version: str
    active: bool
    manifest: dict[str, Any]


class Registry:
    """The published models at `url`, of which the newest `keep` are kept, and those to roll back to.

    Models of another machine are fetched into the folder `cache` of this one, once for all processes.
    Every method raises ModelError when the place cannot be read or written.
    """

    def __init__(self, url: str, cache: Path, keep: int = 5) -> None:
        self.url = url.rstrip("/")
        self.keep = keep
        self._files = open_files(self.url)
        self._cache = cache / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        self._seen: tuple[int, _Active] = (0, _Active())

    def publish(self, model: Blend, origin: Origin, *, activate: bool = True) -> str:
        """Write the model, make it visible at once as a whole, and activate it; return its version.

        1. Write it into a folder of this machine, name it, and tell that it is coming.
        2. Copy its files, `model.json` last: with it the version is there. An equal one stays.
        3. Activate it, if asked to, and tell which versions go, beyond `keep`. 4. Remove those.
        """
        with self._told("no model can be published in"):
            with self._unfinished() as folder:
                save(folder, model, origin)
                version = _version(folder, origin.created)
                self._announce(version)
                if version not in self._names(self._newest()[1]):
                    self._copy(folder, version)
            if activate:
                self.load(version)

            def arrived(now: _Active) -> _Active:
                there = replace(now, coming={name: at for name, at in now.coming.items() if name != version})
                return self._pruned(self._activated(there, version) if activate else there, version)

            for name in self._change(arrived).going:  # out of sight first: no kill leaves half a version
                self._files.remove(f"{name}/{MANIFEST}")
                self._files.remove(name)
            self._sweep()
        return version

    def _copy(self, folder: Path, version: str) -> None:
        def copy(name: str) -> None:
            self._files.write(f"{version}/{name}", folder / name)

        others = [path.name for path in folder.iterdir() if path.name != MANIFEST]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            deque(pool.map(copy, others), maxlen=0)  # raises what one of them raised
        copy(MANIFEST)

    def _announce(self, version: str) -> None:
        def coming(now: _Active) -> _Active:
            if version in now.going:
                raise ModelError(f"model {version!r} is being removed from {self.url}; publish again")
            alive = {
                name: at for name, at in now.coming.items() if time.time() - at < _ABANDONED.total_seconds()
            }
            return replace(now, coming=alive | {version: time.time()})

        self._change(coming)

    def versions(self) -> list[Info]:
        """All published models, oldest first; unreadable ones are left out."""
        with self._told("cannot read"):
            now = self._newest()[1]
            return [Info(name, name == now.active, manifest) for name, manifest in self._readable(now)]

    def active(self) -> str | None:
        """The active version, or None before the first."""
        with self._told("cannot read"):
            return self._newest()[1].active

    def activate(self, version: str) -> None:
        """Make `version` the active one, atomically, after checking that it can be loaded.

        Raises ModelError for an unknown or damaged version; the active one then stays.
        """
        self.load(version)

        self._change(lambda now: self._activated(now, version))

    def _activated(self, now: _Active, version: str) -> _Active:
        if version not in self._names(now):
            raise ModelError(f"model {version!r} was removed from {self.url}; choose another version")
        if now.active == version:
            return now
        before = [*now.before, now.active] if now.active else now.before
        return replace(now, active=version, before=before[-self.keep :])

    def before(self) -> str | None:
        """What a rollback would activate, if there is something."""
        with self._told("cannot read"):
            return next(reversed(self._before(self._newest()[1])), None)

    def _before(self, now: _Active) -> list[str]:
        """What was active before and is there still, oldest first."""
        there = self._names(now)
        return [version for version in now.before if version in there]

    def rollback(self) -> str:
        """Activate what was active before, and return it; raises ModelError when there is none."""

        def rolled_back(now: _Active) -> _Active:
            before = self._before(now)
            if not before:
                raise ModelError(f"nothing to roll back to in {self.url}: no other model was active before")
            self.load(before[-1])
            return replace(now, active=before[-1], before=before[:-1])

        return str(self._change(rolled_back).active)

    def load(self, version: str | None = None) -> Artifact:
        """The model of this version, by default the active one; raises ModelError with the reason."""
        with self._told("cannot read"):
            now = self._newest()[1]
            version = version or now.active
            if version is None:
                raise ModelError(f"no model is active in {self.url}; train one")
            if not _NAME.fullmatch(version) or version not in self._names(now):
                raise ModelError(f"no model {version!r} in {self.url}; choose one of its versions")
            self._manifest(version)
            return load(self._files.local / version) if self._files.local else self._fetched(version)

    # What is active

    def _newest(self) -> tuple[int, _Active]:
        """The last of the numbered files: its number, 0 when there is none, and what it says."""
        while True:
            found = [_NUMBERED.fullmatch(each.path) for each in self._files.under(_ACTIVE)]
            number = max((int(match[1]) for match in found if match), default=0)
            if number == 0:
                return 0, _Active()
            if number != self._seen[0]:
                path = _numbered(number)
                try:
                    self._seen = number, msgspec.json.decode(self._files.read(path), type=_Active)
                except FileNotFoundError:  # by now there are much newer ones
                    continue
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise ModelError(
                        f"{self.url}/{path} is damaged: {error}; remove it, then what was active before is"
                    ) from error
            return self._seen

    def _change(self, changed: Callable[[_Active], _Active]) -> _Active:
        """Change what is active into what `changed` makes of it; asked again when another came first."""
        with self._told("cannot write"):
            while True:
                number, now = self._newest()
                then = changed(now)
                if then == now:
                    return now
                if self._files.create(_numbered(number + 1), msgspec.json.encode(then)):
                    if number > _KEPT:
                        self._files.remove(_numbered(number - _KEPT))
                    return then

    # What is there

    def _names(self, now: _Active) -> list[str]:
        paths = (found.path.split("/") for found in self._files.under())
        named = {path[0] for path in paths if len(path) == 2 and path[1] == MANIFEST}
        return sorted(name for name in named if name[0] != "." and name not in now.going)

    def _readable(self, now: _Active) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in self._names(now):
            try:
                yield name, self._manifest(name)
            except ModelError:
                continue

    def _manifest(self, version: str) -> dict[str, Any]:
        """What the model's manifest says, once it is known to be the one that was published."""
        folder = f"{self.url}/{version}"
        try:
            content = self._files.read(f"{version}/{MANIFEST}")
        except OSError as error:
            raise ModelError(f"model {folder} cannot be read: {error}; train again or roll back") from error
        manifest = parse_manifest(content, folder)
        if version.rpartition("-")[2] != hashlib.sha256(content).hexdigest()[:_DIGITS]:
            raise ModelError(
                f"model {folder} is damaged: {MANIFEST} is not the one that {version} was "
                "published with; train again or roll back"
            )
        return manifest

    def _pruned(self, now: _Active, kept: str) -> _Active:
        stay = {kept, now.active, *now.before[-1:], *now.coming}
        old = [name for name in self._names(now)[: -self.keep or None] if name not in stay]
        half_gone = [name for name in now.going if self._files.under(name)]
        return replace(now, going=sorted({*old, *half_gone}))

    def _sweep(self) -> None:
        """Remove what interrupted publications and activations left, and nothing that is not of models."""
        old = datetime.now(UTC) - _ABANDONED
        for folder, group in groupby(self._files.under(), lambda found: found.path.partition("/")[0]):
            found = list(group)
            if not (folder == _ACTIVE or folder.startswith(UNFINISHED) or _VERSION.fullmatch(folder)):
                continue
            whole = (
                found[0].path == folder or folder == _ACTIVE or any(each.name == MANIFEST for each in found)
            )
            if whole:
                for each in found:
                    if UNFINISHED in each.path and each.modified < old:
                        self._files.remove(each.path)
            elif max(each.modified for each in found) < old:
                for each in found:
                    self._files.remove(each.path)
                self._files.remove(folder)

    # On this machine

    def _fetched(self, version: str) -> Artifact:
        """The model, from the cache once it is there; it gets there whole, checked by its sums."""
        here = self._cache / version
        if here.is_dir():
            try:
                return load(here)
            except ModelError:  # fetch it anew
                shutil.rmtree(here, ignore_errors=True)
        with self._unfinished() as folder:
            for found in self._files.under(version):
                self._files.fetch(found.path, folder / found.name)
            artifact = load(folder)  # what is mapped stays so, whatever becomes of the folder's name
            try:
                folder.rename(here)
            except OSError:
                if not here.is_dir():  # or else another process was first
                    raise
        self._forget_others()
        return artifact

    def _forget_others(self) -> None:
        """Remove from the cache what was removed from the place, and what a kill left."""
        there = self._names(self._newest()[1])
        for path in self._cache.iterdir():
            with suppress(FileNotFoundError):  # another process may tidy up too
                abandoned = time.time() - path.stat().st_mtime > _ABANDONED.total_seconds()
                if abandoned if path.name.startswith(UNFINISHED) else path.name not in there:
                    shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _unfinished(self) -> Iterator[Path]:
        """An empty folder in the cache; after the block it is gone, unless it was renamed."""
        self._cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self._cache))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ModelError(
                f"{what} {self.url}: {error}; make room, mend its rights, or see that its server is up"
            ) from error


def _numbered(number: int) -> str:
    return f"{_ACTIVE}/{number:08}.json"


def _version(folder: Path, created: datetime) -> str:
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest_of(folder)[:_DIGITS]}"
