"""The people of a movie, out of the credits that TMDB gives: who directed it, and who plays in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from matinee.events.types import MOST_PEOPLE
from matinee.sources.base import clean

_LAST = 10_000
"""Where someone is billed of whom it is not said where."""


def people(cast: Iterable[Any], crew: Iterable[Any]) -> tuple[str, ...]:
    """The names of the directors, then of the cast in the order of billing, each once: the first 30.

    `cast` and `crew` are TMDB's lists of objects, with `name`, `order` and `job`; what is none, or has no
    name, is passed over.

    >>> people([{"name": "Val Kilmer", "order": 2}, {"name": "Al Pacino", "order": 0}],
    ...     [{"name": "Michael Mann", "job": "Director"}, {"name": "Dante Spinotti", "job": "Camera"}])
    ('Michael Mann', 'Al Pacino', 'Val Kilmer')
    """
    directors = [each for each in _named(crew) if each.get("job") == "Director"]
    names = [clean(each["name"]) for each in (*directors, *sorted(_named(cast), key=_billed))]
    return tuple(dict.fromkeys(filter(None, names)))[:MOST_PEOPLE]


def _named(credits_: Iterable[Any]) -> list[Mapping[str, Any]]:
    return [each for each in credits_ if isinstance(each, dict) and isinstance(each.get("name"), str)]


def _billed(actor: Mapping[str, Any]) -> int:
    order = actor.get("order")
    return order if isinstance(order, int) else _LAST
