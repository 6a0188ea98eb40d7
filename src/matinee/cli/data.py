"""Verbs that bring events: data fetch, load, list, layout, upload and clean; simulate, replay."""

from datetime import timedelta
from pathlib import Path

import click

from matinee.cli.opened import passing
from matinee.cli.show import as_json, counting, show, show_one
from matinee.lake.folders import CLEANED, FOLDERS
from matinee.pipeline import Pipeline
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
@passing(Pipeline)
def fetch_(app: Pipeline, name: str, into: Path | None, as_json: bool) -> None:
    """Download the MovieLens called NAME from GroupLens, verified; an interrupted download goes on."""
    with counting(f"fetching {name}") as progress:
        fetched = fetch(name, into or app.settings.home / "downloads", progress)
    show_one({"path": str(fetched.path), "verified": fetched.verified}, as_json=as_json)


@data.command(epilog="Example: matinee data load data/ml-latest-small")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--rejects", type=click.Path(path_type=Path), help="Write every unreadable row to this file.")
@as_json
@passing(Pipeline)
def load(app: Pipeline, path: Path | None, rejects: Path | None, as_json: bool) -> None:
    """Load MovieLens or TMDB from PATH, a folder, a zip or a file; nothing is added twice.

    Without PATH, load what lies in the lake's folder `input`, and move it to `processed` or `errors`.
    """
    if path is None:
        _load_input(app, rejects, as_json)
        return
    with counting(f"loading {path.name}") as progress:
        loaded = app.load(path, progress, rejects)
    show_one(loaded, as_json=as_json)


def _load_input(app: Pipeline, rejects: Path | None, as_json: bool) -> None:
    if rejects:
        raise click.UsageError("--rejects goes with PATH; of the input, unreadable rows go to `errors`")
    with counting("loading the input") as progress:
        rows = [
            {"name": taken.name, "moved to": taken.to, "new events": taken.counts.get("new events", 0)}
            | {"unreadable rows": taken.counts.get("unreadable rows", 0), "reason": taken.reason}
            for taken in app.load_input(progress)
        ]
    show(rows, as_json=as_json, empty="Nothing lies in the input: matinee data upload PATH")


@data.command(epilog="Example: matinee data layout")
@as_json
@passing(Pipeline)
def layout(app: Pipeline, as_json: bool) -> None:
    """Make the folders beside the lake's tables: input, processed, errors, models, logs, checkpoints."""
    made = app.folders.layout()
    rows = [{"folder": f"{app.folders.url}/{name}", "made": name in made} for name in FOLDERS]
    told = [{"folder": row["folder"], "is": "made" if row["made"] else "there before"} for row in rows]
    show(rows if as_json else told, as_json=as_json)


@data.command(epilog="Example: matinee data upload data/ml-latest-small")
@click.argument("path", type=click.Path(path_type=Path))
@as_json
@passing(Pipeline)
def upload(app: Pipeline, path: Path, as_json: bool) -> None:
    """Copy PATH, a file or a folder, into the lake's folder `input`, for `matinee data load`."""
    rows = [{"file": found.path, "bytes": found.size} for found in app.folders.upload(path)]
    show(rows, as_json=as_json)


@data.command(epilog="Example: matinee data clean --days 7 --dry-run")
@click.argument("folders", nargs=-1, type=click.Choice([name for name in FOLDERS if name != "models"]))
@click.option(
    "--days", type=click.FloatRange(0), default=30, show_default=True, help="Only what is older than this."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@as_json
@passing(Pipeline)
def clean(
    app: Pipeline, folders: tuple[str, ...], days: float, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Remove old files from FOLDERS beside the lake's tables, by default processed, errors and logs."""
    old = app.folders.old(folders or CLEANED, timedelta(days=days))
    if old and not (yes or dry_run):
        told = f"{len(old)} files of {app.folders.url}, as {old[0].path}, will be gone for good. Go on?"
        click.confirm(told, abort=True, err=True)
    if not dry_run:
        app.folders.remove(old)
    rows = [{"file": found.path, "bytes": found.size, "removed": not dry_run} for found in old]
    title = "would be removed" if dry_run else "removed"
    shown = [{title: found.path, "bytes": found.size} for found in old]
    show(rows if as_json else shown, as_json=as_json, empty="Nothing is that old.")


@data.command("list", epilog="Example: matinee data list")
@as_json
@passing(Pipeline)
def list_(app: Pipeline, as_json: bool) -> None:
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
@passing(Pipeline)
def simulate(
    app: Pipeline, rate: float, events: int | None, seed: int, to: str | None, as_json: bool
) -> None:
    """People who watch, like, rate and review, with tastes and habits, over the movies that are there."""
    stop = Stop()
    with set_by_signals(stop), app.emitting(to) as emit, counting("simulating") as progress:
        sent = app.simulate(emit, stop, rate=rate, events=events, seed=seed, progress=progress)
    show_one({"events": sent}, as_json=as_json)


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
@passing(Pipeline)
def replay(
    app: Pipeline, path: Path, speed: float | None, restart: bool, to: str | None, as_json: bool
) -> None:
    """Send the ratings in PATH in the order in which they happened, from where the last replay stopped."""
    stop = Stop()
    with set_by_signals(stop), app.emitting(to) as emit, counting(f"replaying {path.name}") as progress:
        sent = app.replay(path, emit, stop, speed=speed, restart=restart, to=to, progress=progress)
    show_one({"events": sent}, as_json=as_json)
