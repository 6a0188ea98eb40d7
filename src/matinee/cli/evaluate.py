"""The verb that measures models: evaluate."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from matinee.app import Matinee
from matinee.cli.opened import passing
from matinee.cli.show import as_json, counting, ratings, show, show_one, shown, with_seed, with_signed
from matinee.evaluation.contenders import RATERS
from matinee.evaluation.evaluate import PROTOCOLS
from matinee.evaluation.metrics import Figure
from matinee.evaluation.result import Evaluation, Row
from matinee.evaluation.splits import On
from matinee.training.contender import WITH_BLEND


@click.command(epilog="Example: matinee evaluate data/ml-latest-small --model sequence --model ease")
@ratings
@click.option(
    "--protocol",
    default="live",
    show_default=True,
    type=click.Choice(PROTOCOLS),
    help="What models are asked; see docs/quality.md.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME[-frozen][:OPTION=VALUE,…]",
    help=f"A model besides the baselines; may be given several times. To rank: {', '.join(WITH_BLEND)}; "
    f"to predict ratings: {', '.join(RATERS)}.",
)
@click.option(
    "--on",
    default="test",
    show_default=True,
    type=click.Choice(["validation", "test"]),
    help="Choose settings on the validation, report the test.",
)
@with_seed
@with_signed
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file of the result; by default one in the home."
)
@as_json
@passing(Matinee)
def evaluate(
    app: Matinee,
    path: Path | None,
    protocol: str,
    models: tuple[str, ...],
    on: On,
    seed: int,
    signed: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure models on the MovieLens in PATH, or on the lake's own events, by one of seven protocols.

    Four are published ones (live, last, strong, rating); docs/quality.md says what each asks.
    """
    app.may_keep(out)
    with counting("evaluating") as progress:
        found = app.evaluate(path, protocol, models, on=on, seed=seed, signed=signed, progress=progress)
    if not as_json:
        _print(found)
    file = app.keep(found, out)
    if as_json:
        show_one({**found.result(), "costs": found.costs, "file": str(file)}, as_json=True)
    else:
        click.echo(f"{on} of {found.about['data']['name']}, seed {seed}; written to {file}")
    for model, reason in found.failed.items():
        click.echo(f"{model} failed: {reason}", err=True)
    if found.failed:
        sys.exit(1)


def _print(found: Evaluation) -> None:
    """A table of what was hit, with costs, and one of what the lists are like."""
    costs = {name: {what: round(s, 2) for what, s in each.items()} for name, each in found.costs.items()}
    hit = [{**_row(row, row.accuracy), **row.counts, **costs[row.model]} for row in found.rows]
    keys = 1 + any(row.group for row in found.rows)
    show(hit, as_json=False, keys=keys)
    names = dict.fromkeys(name for row in found.rows for name in row.beyond)
    if names:
        click.echo()
        rows = [dict.fromkeys(_row(row, names)) | _row(row, row.beyond) for row in found.rows]
        show(rows, as_json=False, keys=keys)


def _row(row: Row, figures: Mapping[str, Figure | float | None]) -> dict[str, Any]:
    group = {"asked": row.group} if row.group else {}
    return {"model": row.model, **group, **{name: shown(each) for name, each in figures.items()}}
