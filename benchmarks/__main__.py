"""`python -m benchmarks [NAME ...] [--write]`: measure, print, and with --write keep and render."""

import importlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.markdown import Markdown

from benchmarks import movielens, report, result
from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.machine import describe
from benchmarks.result import Measured

FIGURES = (
    "als",
    "catching_up",
    "demo",
    "fold_in",
    "freshness",
    "freshness_kafka",
    "ingest",
    "ingest_kafka",
    "insights",
    "live_quality",
    "log",
    "neighbours",
    "page",
    "search",
    "serving",
    "stream",
    "stream_kafka",
    "training",
)
"""The modules that measure; each has `run(context)`, which returns its results."""


@click.command(epilog="Example: python -m benchmarks serving --quick")
@click.argument("names", nargs=-1, type=click.Choice(FIGURES))
@click.option("--write", is_flag=True, help="Keep the results and render docs/benchmarks.md.")
@click.option("--quick", is_flag=True, help="A twentieth of the work: to try it, not to publish.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each name, for programs.")
@click.option("--workers", default=os.cpu_count() or 1, show_default=True, help="Processes of each service.")
@click.option(
    "--data",
    envvar="MATINEE_ML1M",
    type=click.Path(exists=True, path_type=Path),
    help="MovieLens, as a zip or a folder; by default ml-1m where it is at hand, or the small one.",
)
def main(
    names: tuple[str, ...], *, write: bool, quick: bool, as_json: bool, workers: int, data: Path | None
) -> None:
    """Measure the figures of docs/benchmarks.md, or those of NAMES, each beside its rival."""
    if write and quick:
        raise click.UsageError("--quick figures are not to be published; leave out --write")
    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="matinee-bench-") as folder:
        context = Context(Path(folder), movielens.find(data), workers, 0.05 if quick else 1.0)
        for name in names or FIGURES:
            console.print(f"measuring {name} …", style="dim")
            measured = _measure(name, context)
            if as_json:
                click.echo(msgspec.json.encode(measured))
            else:
                console.print(Markdown(report.render([measured]).partition("\n## ")[2]))
            if write:
                result.write(measured)
    if write:
        report.publish()


def _measure(name: str, context: Context) -> Measured:
    machine = describe()
    try:
        results = importlib.import_module(f"benchmarks.{name}").run(context)
    except BenchmarkError as error:
        raise click.ClickException(f"{name}: {error}") from error
    return Measured(name=name, machine=machine, date=datetime.now(UTC).date().isoformat(), results=results)


if __name__ == "__main__":
    main()
