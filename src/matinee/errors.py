"""Every error that Matinee raises on purpose. Each message says what, the value, and what to do."""

import json
from datetime import datetime
from typing import Any


class MatineeError(Exception):
    """The base of all of them: catch this to catch what Matinee says on purpose."""


class SettingError(MatineeError):
    """A setting, URL or argument cannot be used as it is."""


class MissingExtraError(MatineeError):
    """A driver, or a program it needs, is not installed; the message says what to install, and how."""


class SourceError(MatineeError):
    """Data to be loaded cannot be found, fetched or read."""


class EventError(MatineeError):
    """An event breaks a rule. `field`, `value` and `rule` say which, what it was and why not."""

    def __init__(self, field: str, value: Any, rule: str) -> None:
        self.field = field
        self.value = shown(value)
        self.rule = rule
        super().__init__(f"{field}: {rule}, got {self.value}")


class LogError(MatineeError):
    """The log cannot take or give events: disk full, file damaged, broker gone."""


class LakeError(MatineeError):
    """A lake table cannot be read or committed."""


class StoreError(MatineeError):
    """A catalogue, recommendations or interactions store cannot answer."""


class ModelError(MatineeError):
    """A model artifact is missing, damaged, foreign or newer than this program."""


class TrainingError(MatineeError):
    """Training or evaluation cannot start or finish, such as on an empty lake."""


class JobError(MatineeError):
    """A job cannot be started or stopped: it runs already, or does not."""


class NotFreshError(MatineeError):
    """The live state has not reached the asked-for offset in time; `offset` is the one it has."""

    def __init__(self, asked: str, offset: str, seconds: float) -> None:
        self.offset = offset
        super().__init__(
            f"offset {asked} is not reached after {seconds:g} s, only {offset or 'none'}; "
            "ask again, or leave out `after`"
        )


def shown(value: Any, limit: int = 80) -> str:
    """`value` as its sender would write it, JSON with times as in RFC 3339: printable, and not too long.

    >>> shown(None), shown("toy"), shown(datetime(2030, 5, 1, 20, 15))
    ('null', '"toy"', '"2030-05-01T20:15:00"')
    """
    try:
        text = json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
