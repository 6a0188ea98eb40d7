"""The settings that tuning found, for training: one small file, which a person can read, change and remove.

    {"sequence": {"settings": {"tau": 2.5, "contexts.0.fade": 0.9}, "found": {...}}}

Of each part of the blend the settings that are not the defaults, and how they were found, for people.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from matinee import replacing
from matinee.errors import SettingError
from matinee.evaluation.contenders import named
from matinee.events.rules import UNREADABLE
from matinee.models.options import Value, changed, of_type, ranges, values, with_value
from matinee.training.trainer import TrainOptions


class Found(msgspec.Struct, forbid_unknown_fields=True):
    """The settings of one part, and how they were found."""

    settings: dict[str, Any]
    found: dict[str, Any] = {}


def part_of(options: Any) -> str | None:
    """The part of the blend that training fits with options of this kind, if any."""
    return next((name for name, default in _parts().items() if type(default) is type(options)), None)


def read_tuned(file: Path) -> dict[str, Found]:
    """What the file holds by part, nothing where there is none.

    Raises SettingError, saying what to do, for a file that cannot be read or that no model can be fitted by.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=dict[str, Found])
    except FileNotFoundError:
        return {}
    except (OSError, *UNREADABLE) as error:
        raise SettingError(f"{file} cannot be read: {error}; {_ADVICE}") from error
    try:
        for part, each in found.items():
            _with_settings(_parts()[named(part, _parts(), "part of the blend")], part, each.settings)
    except SettingError as error:
        raise SettingError(f"{file}: {error}; {_ADVICE}") from error
    return found


def with_tuned(options: TrainOptions, tuned: Mapping[str, Found]) -> TrainOptions:
    """The same options, those of each part as they were found."""
    for part, each in tuned.items():
        options = replace(options, **{part: _with_settings(_parts()[part], part, each.settings)})
    return options


def differing(options: TrainOptions) -> dict[str, dict[str, Value]]:
    """The settings that are not the defaults, by part, without those of the ALS that is not fitted."""
    every = {part: changed(getattr(options, part), default) for part, default in _parts().items()}
    other = "spark_als" if options.engine == "local" else "ials"
    return {part: settings for part, settings in every.items() if settings and part != other}


def write_tuned(file: Path, tuned: Mapping[str, Found]) -> None:
    """Replace the file as a whole; without any part it is removed."""
    try:
        if not tuned:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        replacing.replace(file, json.dumps(msgspec.to_builtins(tuned), indent=1).encode())
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror or error}; mend its rights") from error


_ADVICE = "mend or remove the file; without it training uses the defaults"


def _parts() -> dict[str, Any]:
    """The default options of the parts that have something to be searched."""
    options = TrainOptions()
    every = {field.name: getattr(options, field.name) for field in fields(options)}
    return {name: each for name, each in every.items() if is_dataclass(each) and ranges(each)}


def _with_settings(options: Any, part: str, settings: Mapping[str, Any]) -> Any:
    before, allowed = values(options), ranges(options)
    for name, told in settings.items():
        range_ = allowed[named(name, allowed, f"setting of {part}")]
        try:
            value = of_type(told, before[name])
        except ValueError as error:
            raise SettingError(f"{part}.{name} is {json.dumps(told)}; {error}") from error
        if not range_.low <= value <= range_.high:
            raise SettingError(
                f"{part}.{name} is {json.dumps(told)}; wanted is {range_.low:g} to {range_.high:g}"
            )
        options = with_value(options, name, value)
    return options
