"""`matinee serve`. It opens nothing itself: its workers do, and with several of them it only watches."""

import click

from matinee.cli.show import set_by
from matinee.server import serve_api
from matinee.settings import Settings


@click.command(epilog="Example: matinee serve --port 8000 --workers 2")
@click.option("--host", show_default=set_by("host"), help="The address to listen on.")
@click.option(
    "--port", show_default=set_by("port"), type=click.IntRange(1, 65535), help="The port to listen on."
)
@click.option(
    "--workers",
    show_default=set_by("workers"),
    type=click.IntRange(1, 64),
    help="How many processes share the port.",
)
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None, workers: int | None) -> None:
    """Answer the REST API until SIGTERM."""
    serve_api(settings.with_(host=host, port=port, workers=workers))
