"""Verbs for a user's data: export and erase."""

import json

import click

from matinee.cli.opened import passing
from matinee.cli.show import as_json, show_one
from matinee.pipeline import Pipeline


@click.group(epilog="Example: matinee users export 610 > user-610.json")
def users() -> None:
    """What is stored of a user: export it, or erase it everywhere."""


@users.command(epilog="Example: matinee users export 610 > user-610.json")
@click.argument("user")
@as_json
@passing(Pipeline)
def export(app: Pipeline, user: str, as_json: bool) -> None:
    """Everything that is stored of USER, as JSON: indented for people, with --json on one line."""
    click.echo(json.dumps(app.export_user(user), ensure_ascii=False, indent=None if as_json else 2))


@users.command(epilog="Example: matinee users erase 610 --yes")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@as_json
@passing(Pipeline)
def erase(app: Pipeline, user: str, yes: bool, as_json: bool) -> None:
    """Forget USER everywhere, beyond recovery, and print the receipt."""
    if not yes:
        click.confirm(f"Everything of user {user!r} will be gone for good. Go on?", abort=True, err=True)
    receipt = app.erase_user(user)
    removed = receipt.pop("removed")
    show_one(receipt | removed, as_json=as_json)
