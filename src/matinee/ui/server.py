"""Runs the page: Streamlit's server, with the local posters beside it."""

import logging
from pathlib import Path

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from streamlit.web.server.starlette import App

from matinee.ui.given import POSTERS, given

_HERE = Path(__file__).parent


def serve_page(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. What is asked of the API, and of whom, is `given`."""
    folder = given().posters
    routes = [Mount(POSTERS, StaticFiles(directory=folder))] if folder else []
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    App(_HERE / "app.py", routes=routes).run(
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
