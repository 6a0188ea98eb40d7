"""How the command line shows things: tables for people, JSON or tabs for programs, bars for long work."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from matinee.evaluation.metrics import Figure
from matinee.progress import TOLD_AS, Progress
from matinee.settings import Settings

console = Console(highlight=False)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
ratings = click.argument("path", required=False, type=click.Path(path_type=Path))
with_seed = click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="What is drawn follows from it.",
)
_TELL_SECONDS = 0.25
ENGINES = ("local", "spark")
with_engine = click.option(
    "--engine",
    default="local",
    show_default=True,
    type=click.Choice(ENGINES),
    help="What fits implicit ALS: this process, or Spark's MLlib at MATINEE_SPARK_MASTER.",
)
with_signed = click.option(
    "--signed", is_flag=True, help="Ratings have the strength of their stars, few stars pushing away."
)


def set_by(name: str) -> str:
    """For an option's help: the default of the setting it is instead of, and the variable that sets it."""
    return f"{Settings.model_fields[name].default}, or MATINEE_{name.upper()}"


def show(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str = "Nothing.", keys: int = 0) -> None:
    """Print rows with the same keys: a table, its cells between tabs where no terminal shows it, or JSON.

    A table that is too wide folds its cells; with `keys` it is parted into several, which all begin with so
    many columns.
    """
    if as_json:
        click.echo(json.dumps(rows, default=str, ensure_ascii=False))
    elif not rows:
        click.echo(empty)
    elif not sys.stdout.isatty():
        for cells in (rows[0].keys(), *(map(_text, row.values()) for row in rows)):
            click.echo("\t".join(map(_one_line, cells)))
    else:
        for place, names in enumerate(_parted(rows, keys, console.width) if keys else [[*rows[0]]]):
            if place:
                console.print()
            console.print(_table([{name: row[name] for name in names} for row in rows]))


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(value) for value in row.values()))
    return table


def _parted(rows: Sequence[dict[str, Any]], keys: int, width: int) -> list[list[str]]:
    """The columns of each table: the first `keys`, and as many of the others as fit beside them."""
    names = [*rows[0]]
    needs = {name: 2 + max(map(cell_len, (name, *(_text(row[name]) for row in rows)))) for name in names}
    left = width - sum(needs[name] for name in names[:keys])
    tables, room = [names[:keys]], left
    for name in names[keys:]:
        if needs[name] > room and len(tables[-1]) > keys:
            tables.append(names[:keys])
            room = left
        tables[-1] = [*tables[-1], name]
        room -= needs[name]
    return tables


def show_one(facts: dict[str, Any], *, as_json: bool) -> None:
    """Print one thing: a line for each of its facts, between tabs where no terminal shows it, or JSON."""
    if as_json:
        click.echo(json.dumps(facts, default=str, ensure_ascii=False))
        return
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        between = f"{'':<{width - len(name)}}  " if sys.stdout.isatty() else "\t"
        click.echo(f"{name}{between}{_one_line(_text(value))}")


def shown(value: Any) -> Any:
    """A figure with its error; anything else as it is."""
    return f"{value.value:.4f} ±{value.error:.4f}" if isinstance(value, Figure) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _one_line(text: str) -> str:
    """`text` without what would end its cell or its line."""
    return text.translate(str.maketrans("\t\n\r", "   "))


@contextmanager
def counting(title: str) -> Iterator[Progress]:
    """A bar on standard error, on a terminal; call what it gives with what is done, how much, of how much.

    With `matinee --progress json` lines of JSON instead, for programs.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(TOLD_AS) == "json":
        yield _telling(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    bars = Bars(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
    with bars:
        task = bars.add_task(title, total=None)

        def report(what: str, done: float, total: float | None) -> None:
            bars.update(task, completed=done, total=total, description=what or title)

        yield report


def _telling(title: str) -> Progress:
    """A line when something else is being done, and else at most every `_TELL_SECONDS`."""
    told, due = "", 0.0

    def report(what: str, done: float, total: float | None) -> None:
        nonlocal told, due
        if (what or title) != told or time.monotonic() >= due:
            told, due = what or title, time.monotonic() + _TELL_SECONDS
            share = round(min(done / total, 1.0), 4) if total else None
            click.echo(json.dumps({"progress": told, "share": share}, ensure_ascii=False), err=True)

    return report
