"""Verbs for models: train, models list, activate, rollback."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from matinee.app import Matinee
from matinee.cli.opened import passing
from matinee.cli.show import as_json, counting, show, show_one, shown, with_engine
from matinee.evaluation.metrics import Figures
from matinee.training.stars import StarFigures
from matinee.training.trainer import Engine, TrainOptions
from matinee.training.tuned import differing


@click.command(epilog="Example: matinee train, or on Spark: matinee train --engine spark")
@click.option(
    "--version", type=click.IntRange(0), help="Train on this version of the interactions, not the newest."
)
@click.option("--no-activate", is_flag=True, help="Publish only; the active model stays.")
@with_engine
@as_json
@passing(Matinee)
def train(app: Matinee, version: int | None, no_activate: bool, engine: Engine, as_json: bool) -> None:
    """Train on the lake, measure on events held back, publish, and let running servers take the model.

    Settings are those that `matinee tune` found for this home, else the defaults. With --engine spark
    implicit ALS is fitted by Spark's MLlib, and explicit ALS measured besides; it needs Java, and pyspark,
    which the extra `spark` installs.
    """
    with counting("training") as progress:
        trained = app.train(progress, version=version, activate=not no_activate, engine=engine)
    if as_json:
        told = {"figures": trained.told, "tuned": differing(trained.options)}
        show_one({"version": trained.version, **told}, as_json=True)
        return
    print_figures(trained.figures)
    print_stars(trained.stars)
    print_tuned(trained.options, app.settings.tuned)
    click.echo(f"published {trained.version}{'' if no_activate else ' and activated it'}")


def print_figures(figures: Mapping[str, Figures]) -> None:
    """A table of figures, a row for each model, with standard errors."""
    if not figures:
        click.echo("too few events to hold some back: nothing was measured")
        return
    rows = [
        {
            "model": name,
            **{each: f"{mean.value:.4f} ±{mean.error:.4f}" for each, mean in _means(measured).items()},
            "coverage": measured.coverage,
            "targets": measured.targets,
        }
        for name, measured in figures.items()
    ]
    show(rows, as_json=False)


def print_stars(found: StarFigures | None) -> None:
    """A table of what explicit ALS made of stars, if it was asked."""
    if found:
        click.echo()
        row = {"model": "spark-als-explicit", "RMSE": shown(found.rmse), "MAE": shown(found.mae)}
        show([{**row, "targets": found.targets, "dropped": found.dropped}], as_json=False)


def print_tuned(options: TrainOptions, file: Path) -> None:
    """A line for each part whose settings are not the defaults."""
    for part, settings in differing(options).items():
        told = ", ".join(f"{name} {value:g}" for name, value in settings.items())
        click.echo(f"{part} as tuned in {file}: {told}")


def _means(measured: Figures) -> dict[str, Any]:
    return {name: value for name, value in measured._asdict().items() if hasattr(value, "error")}


@click.group(epilog="Example: matinee models list")
def models() -> None:
    """Published models: list, activate, roll back."""


@models.command("list", epilog="Example: matinee models list")
@as_json
@passing(Matinee)
def list_(app: Matinee, as_json: bool) -> None:
    """The published models, newest first."""
    rows = [
        {
            "version": info.version,
            "active": info.active,
            "lake version": info.manifest["lake_version"],
            "HR@10": info.manifest["figures"].get("blend", {}).get("hit_rate", {}).get("value"),
        }
        for info in reversed(app.registry.versions())
    ]
    show(rows, as_json=as_json, empty="No model yet: matinee train")


@models.command(epilog="Example: matinee models activate 20261121T010203Z-1a2b3c4d")
@click.argument("version")
@as_json
@passing(Matinee)
def activate(app: Matinee, version: str, as_json: bool) -> None:
    """Make VERSION the active model; a damaged one is refused and the active one stays."""
    app.registry.activate(version)
    _show_active(version, as_json)


@models.command(epilog="Example: matinee models rollback")
@as_json
@passing(Matinee)
def rollback(app: Matinee, as_json: bool) -> None:
    """Make the model active that was active before."""
    _show_active(app.registry.rollback(), as_json)


def _show_active(version: str, as_json: bool) -> None:
    if as_json:
        show_one({"active": version}, as_json=True)
    else:
        click.echo(f"{version} is active")
