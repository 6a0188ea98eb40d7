"""What training takes: the closed form, everything that is served, and `matinee train` as a whole.

The rival is the training of the usual service: implicit ALS, once, and a pickle of it.
"""

import tempfile
from pathlib import Path

from msgspec import json

from benchmarks.context import Context
from benchmarks.cost import Cost, cost
from benchmarks.fits import Fits
from benchmarks.result import Result

_NOTE = (
    "the fits are one after the other, of events in memory, numba having compiled before; matinee "
    "train reads the lake, fits all but what is held back, chooses weights, measures, fits everything, "
    "publishes, and stores the Top-N of every user"
)
_SEQUENCE_GOAL, _EVERYTHING_GOAL, _MEMORY_GOAL = 20.0, 90.0, 4.0


def run(context: Context) -> list[Result]:
    """Seconds and gigabytes, beside those of the usual service."""
    with context.home() as home:
        fitting, printed = cost(["-m", "benchmarks.fits", str(home)], home)
        whole, _ = cost(["-m", "matinee", "train", "--json"], home)
    return _results(context, json.decode(printed, type=Fits), fitting, whole, _usual(context))


def _usual(context: Context) -> Cost:
    with tempfile.TemporaryDirectory(dir=context.folder) as folder:
        arguments = ["-m", "benchmarks.rivals.train", str(context.source), folder]
        return cost(arguments, Path(folder))[0]


def _results(context: Context, fits: Fits, fitting: Cost, whole: Cost, usual: Cost) -> list[Result]:
    rows = (
        ("fit of the closed form", fits.sequence, "s", _SEQUENCE_GOAL, usual.seconds),
        ("fit of everything that is served", fits.everything, "s", _EVERYTHING_GOAL, usual.seconds),
        ("peak memory of these fits", fitting.memory / 1e9, "GB", _MEMORY_GOAL, usual.memory / 1e9),
        ("matinee train", whole.seconds, "s", None, usual.seconds),
        ("peak memory of matinee train", whole.memory / 1e9, "GB", _MEMORY_GOAL, usual.memory / 1e9),
    )
    return [
        Result(
            figure=figure,
            value=value,
            unit=unit,
            goal=goal,
            rival="the usual service's training: read, implicit ALS, pickle",
            rival_value=rival,
            data=context.data,
            command="make bench ARGS=training",
            note=_NOTE,
        )
        for figure, value, unit, goal, rival in rows
    ]
