"""Verbs that bring events: data fetch, data load, data list, simulate, replay."""

from pathlib import Path

import click

from matinee.app import Matinee
from matinee.cli.show import as_json, counting, show, show_one
from matinee.sources.fetch import DATASETS, fetch
from matinee.stop import Stop, set_by_signals

to = click.option("--to", metavar="URL", help="Post to the Matinee at URL instead of into the log.")


@click.group(epilog="Example: matinee data load data/ml-latest-small")
def data() -> None:
    """Movies and ratings: fetch them, load them, see what is there."""


@data.command("fetch", epilog="Example: matinee data fetch ml-1m")
@click.argument("name", type=click.Choice(list(DATASETS)))
@click.option(
    "--into", type=click.Path(path_type=Path), help="The folder; by default `downloads` in the home."
)
@as_json
@click.pass_obj
def fetch_(app: Matinee, name: str, into: Path | None, as_json: bool) -> None:
    """Download the MovieLens called NAME from GroupLens, verified; an interrupted download goes on."""
    with counting(f"fetching {name}") as progress:
        fetched = fetch(name, into or app.settings.home / "downloads", progress)
    show_one({"path": str(fetched.path), "verified": fetched.verified}, as_json=as_json)


@data.command(epilog="Example: matinee data load data/ml-latest-small")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--rejects", type=click.Path(path_type=Path), help="Write every unreadable row to this file.")
@as_json
@click.pass_obj
def load(app: Matinee, path: Path, rejects: Path | None, as_json: bool) -> None:
    """Load MovieLens or TMDB from PATH, a folder, a zip or a file; nothing is added twice."""
    with counting(f"loading {path.name}") as progress:
        loaded = app.load(path, progress, rejects)
    show_one(loaded, as_json=as_json)


@data.command("list", epilog="Example: matinee data list")
@as_json
@click.pass_obj
def list_(app: Matinee, as_json: bool) -> None:
    """What can be fetched, and what the lake has."""
    tables = [{"name": f"lake {name}", "holds": f"{rows} rows"} for name, rows in app.table_sizes().items()]
    sets = [
        {"name": name, "holds": f"ratings: {d.ratings}; {d.megabytes} MB to fetch"}
        for name, d in DATASETS.items()
    ]
    show(tables + sets, as_json=as_json)


@click.command(epilog="Example: matinee simulate --rate 100 --events 10000 --seed 7")
@click.option(
    "--rate",
    default=50.0,
    show_default=True,
    type=click.FloatRange(0, 1e6),
    help="Events a second; 0: all at once.",
)
@click.option(
    "--events", type=click.IntRange(1), help="End after so many; by default it goes on until Ctrl-C."
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same events.")
@to
@as_json
@click.pass_obj
def simulate(app: Matinee, rate: float, events: int | None, seed: int, to: str | None, as_json: bool) -> None:
    """People who watch, like, rate and review, with tastes and habits, over the movies that are there."""
    stop = Stop()
    with set_by_signals(stop), app.emitting(to) as emit:
        show_one({"events": app.simulate(emit, stop, rate=rate, events=events, seed=seed)}, as_json=as_json)


@click.command(epilog="Example: matinee replay data/ml-latest-small --speed 86400")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    help="A multiple of real time; by default as fast as possible.",
)
@click.option("--restart", is_flag=True, help="From the beginning, not from where it stopped.")
@to
@as_json
@click.pass_obj
def replay(
    app: Matinee, path: Path, speed: float | None, restart: bool, to: str | None, as_json: bool
) -> None:
    """Send the ratings in PATH in the order in which they happened, from where the last replay stopped."""
    stop = Stop()
    with set_by_signals(stop), app.emitting(to) as emit, counting(f"replaying {path.name}") as progress:
        sent = app.replay(path, emit, stop, speed=speed, restart=restart, to=to, progress=progress)
    show_one({"events": sent}, as_json=as_json)
