"""The latest warnings and errors of all processes of a home, in a file of JSON lines that stays small."""

import fcntl
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from matinee.urls import mask

MOST_BYTES = 1_000_000
"""Of the file; then it becomes the older one of two, in place of what was that."""
_LONGEST = 8_000
"""Letters of one value, such as a traceback."""
_LEVELS = frozenset({"warning", "error", "critical"})
_URL = re.compile(r"[A-Za-z0-9+.-]{1,20}://[^\s'\"<>()]+")
_ODD_LOGIN = re.compile(r"(?<=://)[^\s/@'\"<>()]{0,200}+['\"<>()][^\s/]{0,200}@")
_ODD_QUERY = re.compile(r"(?<=://)([^\s?'\"<>()]{0,2000}+['\"<>()][^\s?]{0,2000}+)\?\S+")
"""Where a URL goes on behind a letter that may as well end it. Bounded, so that no text takes long."""


class Trouble(NamedTuple):
    """One log line: when, how bad, what happened, in which request if in one; and the line itself."""

    at: str
    level: str
    event: str
    request: str | None
    line: str


class Troubles:
    """The warnings and errors in `logs/warnings.jsonl` of a home.

    Each line is appended at once, whoever else appends. Where that cannot be done, on a full disk or without
    rights, nothing happens: to tell of troubles shall be none. Of URLs no password is kept, and no query.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / "logs" / "warnings.jsonl"
        self._older = self._file.with_name("warnings.older.jsonl")

    def keep(self, told: Mapping[str, Any]) -> None:
        """Append this line if it is a warning or worse; a home that is not there is not made."""
        if told.get("level") not in _LEVELS:
            return
        line = json.dumps({name: _hidden(value) for name, value in told.items()}, ensure_ascii=False)
        with suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, f"{line}\n".encode("utf-8", "replace"))
                self._cut(file)
            finally:
                os.close(file)

    def _cut(self, file: int) -> None:
        """Set `file` aside once it is long, unless somebody has; who asks holds it meanwhile."""
        if os.fstat(file).st_size > MOST_BYTES:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file), self._file.stat()):
                self._file.replace(self._older)

    def latest(self, most: int) -> list[Trouble]:
        """The latest of them, newest first; none where they cannot be read."""
        lines = _lines(self._file)[-most:]
        if len(lines) < most:
            lines = (_lines(self._older) + lines)[-most:]
        found = [_read(line) for line in reversed(lines)]
        return [trouble for trouble in found if trouble is not None]


def _hidden(value: Any) -> Any:
    """`value` fit for JSON, without secrets in URLs, and not too long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    text = _URL.sub(lambda url: mask(url[0]) if {"@", "?"} & set(url[0]) else url[0], text)
    text = _ODD_QUERY.sub(r"\1?***", _ODD_LOGIN.sub("***@", text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "replace").split("\n")[:-1]
    except OSError:
        return []


def _read(line: str) -> Trouble | None:
    """What the line says; None where it is not whole, as after a full disk."""
    try:
        told = json.loads(line)
        request = told.get("request")
        at, level, event = (str(told[name]) for name in ("timestamp", "level", "event"))
    except (ValueError, KeyError, AttributeError):
        return None
    return Trouble(at, level, event, None if request is None else str(request), line)
