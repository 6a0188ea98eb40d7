"""What a size of data took: kept in a file for each, as a table, and how it grows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct, json

from benchmarks import result
from benchmarks.cost import Cost
from benchmarks.likes import Warm
from benchmarks.machine import Machine
from benchmarks.percentiles import Percentiles

FOLDER = result.FOLDER / "growth"


class Serving(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The API. Memory in bytes is of all processes, what they share counted once (PSS)."""

    workers: int
    ready: float
    """Seconds from the start."""
    starting: float
    """The most memory until it was ready."""
    memory: float
    """Memory after events and questions."""
    first: Percentiles
    """Milliseconds for ten over one connection, of users not asked for before, new events folded in."""
    anew: Percentiles
    """Likewise of the same users, each list computed again."""


class Grown(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that was measured of one size."""

    events: int
    users: int
    movies: int
    machine: Machine
    date: str
    load: Cost
    stream: Cost
    train: Cost
    model: float
    """Bytes of the model on disk."""
    home: float
    """Bytes of the log, the lake and everything else in the home, the model included."""
    hit_rates: dict[str, float]
    """HR@10 on held-back events, of the blend and its parts."""
    warm: Warm | None
    serving: Serving | None
    """None, as `warm`, as long as it was loaded, streamed and trained only."""

    @property
    def name(self) -> str:
        """As sizes are written: 20m-27k."""
        return f"{short(self.events)}-{short(self.movies)}"

    @property
    def seconds(self) -> float:
        """From the files to a trained model."""
        return self.load.seconds + self.stream.seconds + self.train.seconds

    @property
    def memory(self) -> float:
        """The highest of the three verbs' peaks, in bytes."""
        return max(self.load.memory, self.stream.memory, self.train.memory)


MEASURES: Mapping[str, str] = {
    "load.seconds": "load, time",
    "stream.seconds": "stream, time",
    "train.seconds": "train, time",
    "load.processor": "load, processor",
    "stream.processor": "stream, processor",
    "train.processor": "train, processor",
    "load.memory": "load, memory",
    "stream.memory": "stream, memory",
    "train.memory": "train, memory",
    "model": "model on disk",
    "home": "home on disk",
    "warm.fold_in.p50": "fold-in of one event, p50",
    "warm.listed.p50": "scores and top ten, p50",
    "serving.ready": "serve, time until ready",
    "serving.memory": "serve, memory",
    "serving.first.p50": "recommendations, first, p50",
    "serving.anew.p50": "recommendations, anew, p50",
}
"""What grows: where it is in `Grown`, and what it is called."""


def write(grown: Grown, folder: Path = FOLDER) -> Path:
    """Keep it as `SIZE.json`, in place of what was measured of this size before; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{grown.name}.json"
    path.write_bytes(json.format(json.encode(grown), indent=2) + b"\n")
    return path


def read(folder: Path = FOLDER) -> list[Grown]:
    """Everything kept, by events and movies."""
    found = (json.decode(path.read_bytes(), type=Grown) for path in folder.glob("*.json"))
    return sorted(found, key=lambda each: (each.events, each.movies))


def exponents(sizes: Sequence[Grown], measure: str) -> Mapping[str, float]:
    """For each series of sizes where one number is fixed, x of `measure` ~ (the other number)^x.

    x is the least squares slope of logarithms; a series needs two sizes.
    """
    series: dict[str, list[tuple[int, float]]] = defaultdict(list)
    values = [(each, value) for each in sizes if (value := _value(each, measure))]
    for each, value in values:
        series[f"events, {short(each.movies)} movies"].append((each.events, value))
    for each, value in values:
        series[f"movies, {short(each.events)} events"].append((each.movies, value))
    return {name: _slope(points) for name, points in series.items() if len(points) > 1}


def short(number: int) -> str:
    """A round number as sizes are written.

    >>> short(20_000_000), short(27_000), short(1_234)
    ('20m', '27k', '1234')
    """
    for letter, unit in (("m", 1_000_000), ("k", 1_000)):
        if number % unit == 0:
            return f"{number // unit}{letter}"
    return str(number)


def _slope(points: Iterable[tuple[int, float]]) -> float:
    x, y = np.log(np.array(list(points), float)).T
    return float(np.polyfit(x, y, 1)[0])


def _value(grown: Grown, measure: str) -> float | None:
    value: object = grown
    for name in measure.split("."):
        value = getattr(value, name, None)
    return value if isinstance(value, float) else None
