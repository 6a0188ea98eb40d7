"""The verb that keeps the others running: up."""

import time
from datetime import UTC, datetime

import click

from matinee.app import Matinee
from matinee.cli.opened import passing
from matinee.cli.show import set_by
from matinee.cli.ui import missing_for_page
from matinee.server import check_free
from matinee.supervisor import Part, Supervisor


@click.command(epilog="Example: matinee up")
@click.option(
    "--port",
    show_default=set_by("port"),
    type=click.IntRange(1, 65535),
    help="The port of the API; the page has that of MATINEE_UI_PORT.",
)
@click.option(
    "--workers", show_default=set_by("workers"), type=click.IntRange(1, 64), help="How many API processes."
)
@click.option(
    "--ui/--no-ui", "with_page", default=True, show_default=True, help="Whether to show the web page."
)
@passing(Matinee)
def up(app: Matinee, port: int | None, workers: int | None, with_page: bool) -> None:
    """Everything in one command: API, stream, web page, and a training a day after the last one."""
    settings = app.settings.with_(port=port, workers=workers)
    check_free(settings.host, settings.port)
    parts = [
        Part("serve", ["serve"]),
        Part("stream", ["stream"]),
        Part("train", ["train"], every=settings.train_every, due=time.monotonic() + _until_training(app)),
    ]
    url = f"http://{settings.host}:{settings.port}"
    if with_page and (missing := missing_for_page()):
        click.echo(f"without the web page: {missing}", err=True)
    elif with_page:
        check_free(settings.host, settings.ui_port)
        parts.append(Part("ui", ["ui"]))
        url += f", the page at http://{settings.host}:{settings.ui_port}"
    with Supervisor(parts, settings) as supervisor:
        click.echo(f"starting; soon at {url}  (Ctrl-C ends it)", err=True)
        supervisor.run()


def _until_training(app: Matinee) -> float:
    """Seconds until the newest model is so old that another one is due; 0 without a model."""
    created = [datetime.fromisoformat(each.manifest["created"]) for each in app.registry.versions()]
    if not created:
        return 0.0
    age = (datetime.now(UTC) - max(created)).total_seconds()
    return min(max(app.settings.train_every - age, 0.0), app.settings.train_every)
