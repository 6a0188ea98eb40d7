"""The wall time of `make demo ARGS=--once` in a fresh clone, after the install: the first run and the second.

The clone has only what git has. Its virtual environment is made first, by the Makefile's own rule, and is
not counted: it depends on the network more than on us.
"""

import time
from pathlib import Path

from benchmarks import server
from benchmarks.context import RIVAL, Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get
from benchmarks.machine import CHECKOUT
from benchmarks.result import Result
from benchmarks.serving import path

_DATA = CHECKOUT / "data" / "ml-latest-small"


def run(context: Context) -> list[Result]:
    """The first run does everything; the second must only start."""
    clone = context.folder / "clone"
    _run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], context.folder)
    _run(["make", ".venv/.run"], clone)
    demo = ["make", "demo", "ARGS=--once"]
    first, second = _run(demo, clone), _run(demo, clone)
    rival = _usual(context)
    note = "a clone of the commit; making its virtual environment (`make .venv/.run`) is not counted"
    return [
        Result(
            figure=f"make demo, {which} run: from the data to answers over HTTP",
            value=seconds,
            unit="s",
            goal=goal,
            rival=f"{RIVAL}: {rivals}",
            rival_value=rival_seconds,
            data="ml-latest-small and TMDB's facts; the rival has ml-latest-small only",
            command="make bench ARGS=demo",
            note=note,
        )
        for which, seconds, goal, rivals, rival_seconds in (
            ("first", first, 60.0, "train, start, answer", sum(rival)),
            ("second", second, 10.0, "start, answer", rival[1]),
        )
    ]


def _run(command: list[str], folder: Path) -> float:
    """The seconds that `command` took. Raises BenchmarkError with its last words if it fails."""
    begin = time.perf_counter()
    server.run(command, folder, server.environment(None))
    return time.perf_counter() - begin


def _usual(context: Context) -> tuple[float, float]:
    """The seconds that the usual service takes to train on the same ratings, and to start and answer."""
    folder = context.folder / "rival-small"
    folder.mkdir()
    begin = time.perf_counter()
    server.call(["-m", "benchmarks.rivals.train", str(_DATA), str(folder)], folder)
    trained = time.perf_counter()
    with server.usual(folder, workers=1) as usual, Client(usual.port) as client:
        if not client.send(get(path(usual, "1"))).json()["recommendations"]:
            raise BenchmarkError("the usual service recommends nothing")
        return trained - begin, time.perf_counter() - trained
