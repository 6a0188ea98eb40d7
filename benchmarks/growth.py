"""How time and memory grow: `python -m benchmarks.growth --data ml-1m.zip [--size 1m-3k …]`.

For every size synthetic data (`benchmarks/fractal.py`), then the real verbs, each in a process of its own,
then the real API on what they made. A size takes from a minute to more than half an hour. What was
measured is kept at once in `benchmarks/results/growth/` and not measured again, so the sizes can be run one
by one, and an interrupted run goes on; with `--folder` also one that had trained but not yet served.
"""

import itertools
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import numpy as np
import polars as pl
from msgspec import structs

from benchmarks import events, grown, load, memory, movielens, report, server
from benchmarks.cost import cost
from benchmarks.errors import BenchmarkError
from benchmarks.expansion import Size
from benchmarks.grown import Grown, Serving
from benchmarks.http import Client, get, post
from benchmarks.likes import Warm
from benchmarks.load import Plan
from benchmarks.machine import describe
from benchmarks.percentiles import Percentiles
from benchmarks.server import Server
from benchmarks.serving import path

_EVENTS, _MOVIES = ("1m", "5m", "20m"), ("3k", "10k", "27k")
SIZES = tuple(f"{events}-{movies}" for events in _EVENTS for movies in _MOVIES)
_EVENTS_PER_USER = 20_000_000 / 138_000
"""As in ml-20m."""
_TIMED, _ASKED = 2_000, 5_000
"""How many users are asked for over one connection, and how many more over several."""
_POSTED, _BATCH = 10, 1_000
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


class People(NamedTuple):
    """Users in random order, and all movies."""

    users: list[str]
    movies: list[str]


class _SizeType(click.ParamType[Size]):
    name = "EVENTS-MOVIES"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Size:
        """`1m-3k`, or any other, as a size with users in proportion to the events."""
        numbers = re.fullmatch(r"(\d+)([km]?)-(\d+)([km]?)", str(value))
        if numbers is None:
            self.fail(f"{value!r} is no size; write events and movies as in 20m-27k", param, ctx)
        made, movies = (int(numbers[i]) * _UNITS[numbers[i + 1]] for i in (1, 3))
        return Size(made, max(round(made / _EVENTS_PER_USER), 1), movies)


@click.command(epilog="Example: python -m benchmarks.growth --data ml-1m.zip --size 1m-3k --size 5m-3k")
@click.option(
    "--data", envvar="MATINEE_ML1M", type=click.Path(exists=True, path_type=Path), help="MovieLens to expand."
)
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=_SizeType(),
    default=SIZES,
    help="By default the nine of the table.",
)
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where synthetic data is kept, and taken from."
)
@click.option(
    "--results",
    default=grown.FOLDER,
    type=click.Path(path_type=Path),
    help="Where what was measured is kept; by default for docs/benchmarks.md, which is rendered anew.",
)
@click.option("--again", is_flag=True, help="Measure what was measured before, too.")
@click.option("--workers", default=1, show_default=True, help="Processes of the API.")
def main(
    data: Path | None,
    sizes: tuple[Size, ...],
    folder: Path | None,
    results: Path,
    *,
    again: bool,
    workers: int,
) -> None:
    """Measure what each size takes, print the table and the exponents."""
    for size in sizes:
        before = None if again else {each.name: each for each in grown.read(results)}.get(name(size))
        if before and before.serving:
            click.echo(f"{name(size)} is in {results}", err=True)
            continue
        try:
            with _data(movielens.find(data), size, folder) as place:
                for so_far in measured(place, size, workers, before):
                    grown.write(so_far, results)
        except BenchmarkError as error:
            raise click.ClickException(f"{name(size)}: {error}") from error
        if results == grown.FOLDER:
            report.publish()
    click.echo(report.growth(grown.read(results)))


def name(size: Size) -> str:
    """As sizes are written: 20m-27k."""
    return f"{grown.short(size.events)}-{grown.short(size.movies)}"


@contextmanager
def _data(source: Path, size: Size, folder: Path | None) -> Iterator[Path]:
    """The synthetic data of this size: what `folder` has, or made there, or for this block only."""
    with tempfile.TemporaryDirectory(prefix="matinee-growth-") as scratch:
        place = (folder or Path(scratch)) / name(size)
        if not place.exists():
            _say(size, "making the data")
            made = [f"--{option}={number}" for option, number in size._asdict().items()]
            arguments = ["-m", "benchmarks.fractal", f"--data={source}", f"--out={place}", *made]
            server.call(arguments, place.parent)
        yield place


def measured(data: Path, size: Size, workers: int, before: Grown | None) -> Iterator[Grown]:
    """What this size took, first when it is trained, and whole when it was also served.

    The home lies beside the data until then. `before` is what an earlier run had got to.
    """
    home = data.with_name(f"{data.name}-home")
    if before is None or not home.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        before = _trained(home, data, size)
        yield before
    _say(size, "serve")
    warm = msgspec.json.decode(server.call(["-m", "benchmarks.likes", str(home)], home), type=Warm)
    yield structs.replace(before, warm=warm, serving=_serve(home, _people(data), workers))
    shutil.rmtree(home)


def _trained(home: Path, data: Path, size: Size) -> Grown:
    """Load, stream and train the data in this home."""
    machine = describe()
    costs = {}
    for verb in (["data", "load", str(data)], ["stream", "--once"], ["train"]):
        _say(size, verb[0])
        costs[verb[0]], printed = cost(["-m", "matinee", *verb, "--json"], home)
    return Grown(
        **size._asdict(),
        machine=machine,
        date=datetime.now(UTC).date().isoformat(),
        load=costs["data"],
        stream=costs["stream"],
        train=costs["train"],
        model=_bytes(home / "models"),
        home=_bytes(home),
        hit_rates=_hit_rates(printed),
        warm=None,
        serving=None,
    )


def _say(size: Size, what: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S} {name(size)}: {what} …", err=True)


def _hit_rates(printed: str) -> dict[str, float]:
    figures = msgspec.json.decode(printed.splitlines()[-1])["figures"]
    return {model: each["hit_rate"]["value"] for model, each in figures.items()}


def _bytes(folder: Path) -> float:
    return float(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))


def _people(data: Path) -> People:
    users = pl.scan_csv(data / "ratings.csv").select(pl.col("userId").unique()).collect(engine="streaming")
    listed = users["userId"].sort().cast(pl.String).to_list()
    random.Random(3).shuffle(listed)
    return People(listed, pl.read_csv(data / "movies.csv")["movieId"].cast(pl.String).to_list())


def _serve(home: Path, people: People, workers: int) -> Serving:
    watch = memory.Watch()
    timed, others = people.users[:_TIMED], people.users[_TIMED : _TIMED + _ASKED]
    with server.matinee(home, workers, watch.start) as running:
        starting = watch.stop()
        _post(running, people)
        first, anew = _latencies(running, timed)
        load.run(Plan(running.port, _questions(running, others or timed), connections=4 * workers))
        return Serving(
            workers=workers,
            ready=running.seconds,
            starting=starting,
            memory=memory.held(watch.process),
            first=first,
            anew=anew,
        )


def _post(running: Server, people: People) -> None:
    """Ten batches of events of anyone at anything."""
    made = events.mixed(people.users, people.movies, seed=5)
    with Client(running.port) as client:
        for _ in range(_POSTED):
            batch = msgspec.json.encode(list(itertools.islice(made, _BATCH)))
            client.send(post(f"{running.prefix}/events", batch)).json()


def _latencies(running: Server, users: list[str]) -> tuple[Percentiles, Percentiles]:
    """Of the first list of each, and of another that leaves out a movie, which there is not.

    One connection, so that one process answers both and the answers are in the order of the questions.
    """
    questions = [*_questions(running, users), *_questions(running, users, "&exclude=none")]
    latencies = load.run(Plan(running.port, questions, connections=1)).latencies * 1e3
    first, anew = np.split(latencies, 2)
    return Percentiles.of(first), Percentiles.of(anew)


def _questions(running: Server, users: list[str], extra: str = "") -> list[bytes]:
    return [get(path(running, user) + extra) for user in users]


if __name__ == "__main__":
    main()
