"""`matinee ui`: the web page over an API, here or elsewhere."""

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from matinee.cli.show import set_by
from matinee.errors import SettingError
from matinee.server import check_free
from matinee.settings import Settings

_NEEDS = ("streamlit", "altair")


def missing_for_page() -> str | None:
    """What to install so that there is a web page; None where all is there."""
    if all(find_spec(name) for name in _NEEDS):
        return None
    return "it needs Streamlit: pip install 'matinee[ui]'"


@click.command(epilog="Example: matinee ui --api http://127.0.0.1:8000")
@click.option("--host", show_default=set_by("host"), help="The address to listen on.")
@click.option(
    "--port",
    "ui_port",
    show_default=set_by("ui_port"),
    type=click.IntRange(1, 65535),
    help="The port to listen on.",
)
@click.option(
    "--api",
    show_default="that of MATINEE_HOST and MATINEE_PORT, or MATINEE_API",
    help="Where the API is: http://HOST:PORT.",
)
@click.pass_obj
def ui(settings: Settings, host: str | None, ui_port: int | None, api: str | None) -> None:
    """Show the web page until SIGTERM: recommendations, trends, insights, monitoring."""
    if missing := missing_for_page():
        raise SettingError(f"there is no web page: {missing}")
    if settings.posters and not Path(settings.posters).is_dir():
        raise SettingError(f"posters is {settings.posters!r}, which is no folder: make it, or name another")
    asked = settings.with_(host=host, ui_port=ui_port, api=api or settings.api_url)
    check_free(asked.host, asked.ui_port)
    os.environ.update(asked.environment())
    for name in (signal.SIGTERM, signal.SIGINT):
        # The server ends in order first, then raises the signal again: that is a good end.
        signal.signal(name, lambda *_: sys.exit(0))
    from matinee.ui.server import serve_page  # noqa: PLC0415 - an extra, which reads what it is given

    serve_page(asked.host, asked.ui_port)
