"""Runs the API as one process or several that share a port."""

import os
import shutil
import signal
import socket
import sys
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

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
        shutil.rmtree(settings.metrics, ignore_errors=True)
        settings.metrics.mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.metrics)
        os.environ.update(as_parent())  # for the workers: uvicorn lets them live on, and keep the port
    for name in (signal.SIGTERM, signal.SIGINT):
        # uvicorn drains first, then raises the signal again for whoever was here before: that is a good end.
        signal.signal(name, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        "matinee.worker:api",
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
    if settings.workers > 1:
        Multiprocess(config, sockets=_Sockets(settings.host, settings.port)).run()
    else:
        uvicorn.Server(config).run()


class _Sockets(list[socket.socket]):
    """The socket to listen on: where the system shares connections out, each worker opens one of its own.

    Workers that listen on one socket take connections as they find time, so that in a quiet moment one of
    them gets nearly all, and answers those late when they come to life.
    """

    def __init__(self, host: str, port: int) -> None:
        """Bind, so that the port is taken; nothing is listened to here."""
        self._address = host, port
        super().__init__([_bound(host, port)])

    def __reduce__(self) -> Any:
        """What a worker is handed: in it the socket is opened anew, or on other systems the same."""
        return (_Sockets, self._address) if sys.platform == "linux" else (list, (list(self),))


def _bound(host: str, port: int) -> socket.socket:
    bound = _socket(host)
    if sys.platform == "linux":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    return bound


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def check_free(host: str, port: int) -> None:
    """Raise SettingError when the address cannot be listened on."""
    with _socket(host) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(
                f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
            ) from error
