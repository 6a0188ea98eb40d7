"""Who can be evaluated: one table of names, what makes each from its options, imported only when asked for.

A contender is written NAME, NAME-frozen or NAME:option=value,option=value; options of parts have dots in
their names, as in sequence:contexts.0.fade=0.9.
"""

import difflib
import importlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from inspect import signature
from typing import Any, NamedTuple, get_type_hints

import msgspec

from matinee.errors import MatineeError, SettingError, TrainingError
from matinee.events.types import Facts
from matinee.models.options import of_type, values, with_value

RANKERS: Mapping[str, str] = {
    "bm25": "matinee.evaluation.rivals.linear:bm25",
    "content": "matinee.evaluation.own:content",
    "cosine": "matinee.evaluation.rivals.linear:cosine",
    "ease": "matinee.evaluation.rivals.linear:ease",
    "edlae": "matinee.evaluation.rivals.linear:edlae",
    "popular": "matinee.evaluation.own:popular",
    "ials": "matinee.evaluation.own:ials",
    "autoencoder": "matinee.evaluation.own:autoencoder",
    "implicit-als": "matinee.evaluation.rivals.als:als",
    "popularity": "matinee.evaluation.own:popularity",
    "recency-popularity": "matinee.evaluation.own:recency_popularity",
    "sequence": "matinee.evaluation.own:sequence",
    "spark-als": "matinee.evaluation.own:spark_als",
}
"""What ranks movies: `module:function` of (interactions, facts by movie, options)."""
RATERS: Mapping[str, str] = {
    "biases": "matinee.evaluation.rivals.biases:biases",
    "mean": "matinee.evaluation.rivals.biases:mean",
    "movie-mean": "matinee.evaluation.rivals.biases:movie_mean",
    "spark-als-explicit": "matinee.evaluation.own:spark_als_explicit",
}
"""What predicts ratings: `module:function` of (stars, facts by movie, options)."""
_FROZEN, _SPARK = "-frozen", "spark-"


@dataclass(frozen=True)
class NoOptions:
    """The options of a contender that has none."""


class Contender(NamedTuple):
    """One that is evaluated: how it was written, what makes it, its options, whether it is frozen.

    A frozen one is told of no event after those that it was fitted on, as where a batch is made at night.
    """

    name: str
    make: Callable[[Any, Mapping[str, Facts], Any], Any]
    options: Any
    frozen: bool = False

    def fit(self, given: Any, facts: Mapping[str, Facts]) -> Any:
        """The model of what is given. Raises TrainingError, with the reason, when there can be none."""
        with telling():
            return self.make(given, facts, self.options)

    def settings(self) -> dict[str, Any]:
        """The options, and whether it is frozen, fit for JSON."""
        return {**asdict(self.options), "frozen": self.frozen}


@contextmanager
def telling() -> Iterator[None]:
    """Whatever goes wrong with a model in here is a TrainingError, so that it loses its own row alone."""
    try:
        yield
    except MatineeError:
        raise
    except Exception as error:  # of a library, or of a model of one's own
        raise TrainingError(f"{type(error).__name__}: {error}; try other options") from error


def contender(text: str, known: Mapping[str, str], seed: int) -> Contender:
    """What `text` names, among those that are known; an option `seed` is by default the seed given.

    Raises SettingError, with a suggestion, for what is not known or cannot be.
    """
    name, _, told = text.partition(":")
    frozen = name.endswith(_FROZEN)
    module, _, function = known[named(name.removesuffix(_FROZEN), known, "model")].partition(":")
    make = getattr(importlib.import_module(module), function)
    options = get_type_hints(make)[list(signature(make).parameters)[2]]()
    if "seed" in values(options):
        options = replace(options, seed=seed)
    return Contender(text, make, _with_options(options, told, text), frozen)


def by_engine(name: str, engine: str) -> str:
    """The contender that is `name` fitted by this engine; raises SettingError where there is none."""
    if engine == "local" or needs_spark(name):
        return name
    if name != "ials":
        raise SettingError(
            f"the engine {engine} fits ials and not {name!r}; name that, or leave out --engine"
        )
    return f"{_SPARK}als"


def needs_spark(text: str) -> bool:
    """Whether Spark fits the contender that `text` names."""
    return text.startswith(_SPARK)


def _with_options(options: Any, told: str, text: str) -> Any:
    for each in told.split(",") if told else ():
        key, _, value = each.partition("=")
        now = values(options)
        named(key, now, f"option of {text.partition(':')[0]}")
        try:
            options = with_value(options, key, of_type(_value(value), now[key]))
        except ValueError as error:
            raise SettingError(f"{each}: {error}") from error
    return options


def _value(text: str) -> Any:
    """What `text` is as JSON, which knows no NaN and no infinity; None where it is none."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def named(name: str, known: Collection[str], what: str) -> str:
    """`name`, if it is known; raises SettingError with a suggestion when it is not."""
    if name in known:
        return name
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known)) or 'none'}"
    raise SettingError(f"no {what} is called {name!r}; {hint}")
