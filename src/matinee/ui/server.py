"""Runs the page: Streamlit's server, with the local posters beside it."""

import logging
from importlib import import_module
from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from streamlit.web.server.starlette import App

from matinee.ui.given import POSTERS, given
from matinee.ui.shell import Shell

_HERE = Path(__file__).parent


def serve_page(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. What is asked of the API, and of whom, is `given`."""
    _import_ahead()
    folder = given().posters
    routes = [Mount(POSTERS, StaticFiles(directory=folder))] if folder else []
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    App(_HERE / "app.py", routes=routes, middleware=[Middleware(Shell)]).run(
        config={
            "browser.gatherUsageStats": False,  # nothing here needs the network
            "client.showErrorDetails": "none",  # a traceback is for the log
            "client.toolbarMode": "minimal",
            "global.developmentMode": False,
            "logger.level": "warning",
            "runner.magicEnabled": False,  # a string by itself is a comment, not for the page
            "server.address": host,
            "server.fileWatcherType": "none",
            "server.headless": True,
            "server.port": port,
            "theme.base": str(_HERE / "theme.toml"),
        }
    )


def _import_ahead() -> None:
    """What Streamlit leaves until somebody looks at the page: the first visitor would wait a second."""
    for module in ("altair", "pandas", "pyarrow", "streamlit.emojis"):
        import_module(module)
