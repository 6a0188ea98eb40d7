"""What each process that serves imports and calls."""

import os

from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from matinee.app import Matinee
from matinee.garbage import collect_seldom
from matinee.parent import end_with_parent
from matinee.serve.api.api import create_api
from matinee.settings import load_settings
from matinee.telemetry import configure_logs
from matinee.troubles import Troubles


def api() -> FastAPI:
    """The API of this process's environment."""
    settings = load_settings()
    configure_logs(settings.log_level, as_json=True, keep=Troubles(settings.home).keep)
    server = end_with_parent() or os.getpid()
    collect_seldom()
    threadpool_limits(1, "blas")  # a score is too small to share among cores; more processes use them better
    return create_api(Matinee(settings).serving(), server)
