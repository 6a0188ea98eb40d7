"""The verb that searches for settings: tune."""

import shlex
import sys
from pathlib import Path

import click

from matinee.app import Matinee
from matinee.cli.opened import passing
from matinee.cli.show import (
    as_json,
    counting,
    ratings,
    show,
    show_one,
    shown,
    with_engine,
    with_seed,
    with_signed,
)
from matinee.evaluation.contenders import RANKERS, by_engine
from matinee.evaluation.evaluate import RANKING
from matinee.stop import INTERRUPTED
from matinee.training.trainer import Engine
from matinee.training.tuned import part_of
from matinee.training.tuning.report import Tuning


@click.command(
    help=f"""Search a model's settings on the MovieLens in PATH, or on the lake's own events, by a protocol.

    MODEL is one of: {", ".join(sorted(set(RANKERS) - {"popularity"}))}; by default ials, which with
    --engine spark is spark-als.

    Settings are chosen on the validation alone. The best ones of a part of the blend, if surely better, are
    kept where matinee train finds them; those of a rival are only reported. Interrupted, the same command
    goes on. It needs Optuna, which the extra `tune` installs.
    """,
    epilog="Example: matinee tune sequence --trials 50, or on Spark: matinee tune --engine spark",
)
@click.argument("model", default="ials")
@ratings
@click.option(
    "--protocol",
    default="live",
    show_default=True,
    type=click.Choice([*RANKING]),
    help="What models are asked; see docs/quality.md.",
)
@click.option(
    "--trials",
    default=50,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="How many settings are tried in all, those of earlier runs included.",
)
@with_engine
@with_seed
@with_signed
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file of the report; by default one in the home."
)
@as_json
@passing(Matinee)
def tune(
    app: Matinee,
    model: str,
    path: Path | None,
    protocol: str,
    trials: int,
    engine: Engine,
    seed: int,
    signed: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Search, and say what was found; the help above is for people."""
    app.may_keep(out)
    model = by_engine(model, engine)
    try:
        with counting(f"tuning {model}") as progress:
            found = app.tune(
                model, path, protocol, trials=trials, seed=seed, signed=signed, progress=progress
            )
    except KeyboardInterrupt:
        click.echo("interrupted; finished trials are kept, and the same command goes on", err=True)
        sys.exit(INTERRUPTED)
    file = app.keep(found, out)
    if as_json:
        show_one({**found.result(), "file": str(file)}, as_json=True)
        return
    _print(found, app.settings.tuned)
    told = [*([str(path)] if path else []), "--protocol", protocol, "--seed", str(seed)]
    signed_too = ["--signed"] if signed else []
    command = shlex.join(["matinee", "evaluate", *told, *signed_too, "--model", found.model])
    click.echo(f"for the test: {command}")
    click.echo(f"report in {file}")


def _print(found: Tuning, tuned: Path) -> None:
    """What was found, what each setting is worth, and what to do with it."""
    about, gain = found.objective.about, found.gain
    outcomes = ", ".join(f"{n} {name}" for name, n in found.outcomes.items())
    where = f"{about['protocol']}, {about['on']} of {about['data']['name']}, seed {about['seed']}"
    click.echo(f"{about['model']} by {where}: {len(found.tried)} trials, earlier runs included, {outcomes}")
    click.echo(f"{about['figure']} {shown(gain.best)}, by default {shown(gain.default)}")
    if not gain.settings:
        click.echo("the defaults are the best of all that was tried")
        return
    click.echo()
    each_of = [
        (each.name, each.default, each.found, each.without, each.worth, each.taken) for each in gain.settings
    ]
    names = ("setting", "default", "found", f"{about['figure']} with the default", "worth", "taken")
    whole = ("all that are taken", None, None, gain.default, gain.worth, None)
    rows = [dict(zip(names, map(shown, row), strict=True)) for row in (*each_of, whole)]
    show(rows, as_json=False, keys=1)
    click.echo()
    if found.kept:
        click.echo(f"in {tuned}, where matinee train finds them; remove it to train with the defaults")
    elif part_of(found.objective.default) and not found.objective.signed:
        click.echo("not for training, which has signed strengths: search with --signed")
    elif part_of(found.objective.default):
        click.echo("not for training: the gain is not twice its error; give more events")
