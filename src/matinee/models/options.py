"""The options of models by name, those of their parts with dots, what each can be and where it is searched.

`tau` is an option of the sequential model, `contexts.0.fade` one of its first context.
"""

from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass, replace
from typing import Any, NamedTuple

Value = bool | int | float
_RANGE = "range"
_LEAST, _MOST = "least", "most"
_WANTED = {bool: "true or false", int: "a whole number", float: "a number"}


class Range(NamedTuple):
    """Where an option may be searched, both ends included; with `log` small values more closely."""

    low: float
    high: float
    log: bool = False


def searched(
    low: float, high: float, *, log: bool = False, least: float = 0.0, most: float = float("inf")
) -> dict[str, Any]:
    """The metadata of a dataclass field that may be searched in this range; its default lies in it.

    It can be from `least` to `most`.
    """
    return {_RANGE: Range(low, high, log), **possible(least, most)}


def possible(least: float, most: float = float("inf")) -> dict[str, Any]:
    """The metadata of a dataclass field that can be from `least` to `most`; of one without, at least 0."""
    return {_LEAST: least, _MOST: most}


def values(options: Any) -> dict[str, Value]:
    """Every option by its name."""
    return {name: value for name, _, value in _each(options)}


def ranges(options: Any) -> dict[str, Range]:
    """The range of every option that may be searched, by its name."""
    return {name: field.metadata[_RANGE] for name, field, _ in _each(options) if _RANGE in field.metadata}


def with_value(options: Any, name: str, value: Value) -> Any:
    """The same options but for the one of this name, which must be one of `values`.

    Raises ValueError, which says what is wanted, for what it cannot be.
    """
    key, dot, rest = name.partition(".")
    if not dot:
        _check(value, next(field for field in fields(options) if field.name == key))
        return replace(options, **{key: value})
    number, _, inner = rest.partition(".")
    parts = list(getattr(options, key))
    parts[int(number)] = with_value(parts[int(number)], inner, value)
    return replace(options, **{key: tuple(parts)})


def of_type(value: Any, like: Value) -> Value:
    """`value` as the type of `like`; raises ValueError, which says what is wanted."""
    if isinstance(like, float) and type(value) in (int, float):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("wanted is a smaller number") from None
    if type(value) is not type(like):
        raise ValueError(f"wanted is {_WANTED[type(like)]}")
    given: Value = value
    return given


def changed(options: Any, default: Any) -> dict[str, Value]:
    """Those of the options that are not as in `default`."""
    before = values(default)
    return {name: value for name, value in values(options).items() if value != before[name]}


def _check(value: Value, field: Field[Any]) -> None:
    least, most = field.metadata.get(_LEAST, 0.0), field.metadata.get(_MOST, float("inf"))
    if not least <= value <= most:
        wanted = f"{least:g} to {most:g}" if most < float("inf") else f"{least:g} or more"
        raise ValueError(f"wanted is {wanted}")


def _each(options: Any) -> Iterator[tuple[str, Field[Any], Any]]:
    for field in fields(options):
        value = getattr(options, field.name)
        if not isinstance(value, tuple):
            yield field.name, field, value
            continue
        for number, part in enumerate(value):
            for name, inner, own in _each(part) if is_dataclass(part) else ():
                yield f"{field.name}.{number}.{name}", inner, own
