"""Runs the API as one process or several that share a port."""

import os
import shutil
import signal
import socket
import sys

import uvicorn

from matinee.errors import SettingError
from matinee.parent import as_parent
from matinee.settings import Settings


def serve_api(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way and end.

    Raises SettingError when the address cannot be listened on.
    """
    check_free(settings.host, settings.port)
    os.environ.update(settings.environment())
    if settings.workers > 1:
        metrics = settings.home / "run" / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
        os.environ.update(as_parent())  # for the workers: uvicorn lets them live on, and keep the port
    for name in (signal.SIGTERM, signal.SIGINT):
        # uvicorn drains first, then raises the signal again for whoever was here before: that is a good end.
        signal.signal(name, lambda *_: sys.exit(0))
    uvicorn.run(
        "matinee.app:api",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
        backlog=4096,
        timeout_keep_alive=75,  # longer than most clients and proxies keep an idle connection
    )


def check_free(host: str, port: int) -> None:
    """Raise SettingError when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(
                f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
            ) from error
