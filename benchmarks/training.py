"""What training takes: the closed form, everything that is served, and `matinee train` as a whole.

The rival is the training of the usual service: implicit ALS, once, and a pickle of it.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

from msgspec import json

from benchmarks.context import Context
from benchmarks.cost import GB, Cost, cost
from benchmarks.fits import Fits
from benchmarks.result import Result

_NOTE = (
    "the fits are one after the other, of events in memory, numba having compiled before; matinee "
    "train reads the lake, fits all but what is held back, chooses weights, measures, fits everything, "
    "publishes, and stores the Top-N of every user"
)
_SEQUENCE_GOAL, _EVERYTHING_GOAL, _MEMORY_GOAL = 20.0, 90.0, 4.0


class Usual(NamedTuple):
    """The usual service's training: seconds of the fit alone, and what all of it cost."""

    fit: float
    whole: Cost


def run(context: Context) -> list[Result]:
    """Seconds and gigabytes, beside those of the usual service."""
    with context.home() as home:
        fitting, printed = cost(["-m", "benchmarks.fits", str(home)], home)
        whole, _ = cost(["-m", "matinee", "train", "--json"], home)
    return _results(context, json.decode(printed, type=Fits), fitting, whole, _usual(context))


def _usual(context: Context) -> Usual:
    with tempfile.TemporaryDirectory(dir=context.folder) as folder:
        arguments = ["-m", "benchmarks.rivals.train", str(context.source), folder]
        whole, printed = cost(arguments, Path(folder))
        return Usual(float(printed), whole)


def _results(context: Context, fits: Fits, fitting: Cost, whole: Cost, usual: Usual) -> list[Result]:
    fit, process = "implicit ALS: fit()", "the usual service: read, implicit ALS, pickle"
    least = usual.whole.memory / GB
    rows = (
        ("fit of the closed form", fits.sequence, "s", _SEQUENCE_GOAL, fit, usual.fit),
        ("fit of everything that is served", fits.everything, "s", _EVERYTHING_GOAL, fit, usual.fit),
        ("peak memory of these fits", fitting.memory / GB, "GB", _MEMORY_GOAL, process, least),
        ("matinee train", whole.seconds, "s", None, process, usual.whole.seconds),
        ("peak memory of matinee train", whole.memory / GB, "GB", _MEMORY_GOAL, process, least),
    )
    return [
        Result(
            figure=figure,
            value=value,
            unit=unit,
            goal=goal,
            rival=rival,
            rival_value=its,
            data=context.data,
            command="make bench ARGS=training",
            note=_NOTE,
        )
        for figure, value, unit, goal, rival, its in rows
    ]
