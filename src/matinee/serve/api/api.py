"""The API: every route of every room, problems for errors, metrics around it all."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline

import matinee
from matinee.serve.api import problems
from matinee.serve.api.answers import schemas
from matinee.serve.api.events import EventRoutes
from matinee.serve.api.insights import InsightRoutes
from matinee.serve.api.jobs import JobRoutes
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.middleware import Around
from matinee.serve.api.monitor import MonitorRoutes
from matinee.serve.api.movies import MovieRoutes
from matinee.serve.api.operations import OperationRoutes, install_health
from matinee.serve.api.parameters import Route
from matinee.serve.api.questions import QuestionRoutes
from matinee.serve.api.users import UserRoutes
from matinee.serve.api.welcome import install_welcome
from matinee.serve.serving import Serving
from matinee.telemetry import get_logger

_log = get_logger("api")


def create_api(serving: Serving, server: int) -> FastAPI:
    """The ASGI application over `serving`, which it starts, follows the log with, and closes.

    `server` is the number of the process that was started to serve.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        gc.disable()  # what is made here stays: to look through it again and again takes a tenth of the time
        try:
            await serving.start()  # until then nothing is answered: a worker that listens is fresh
        finally:
            gc.enable()
        gc.collect()
        gc.freeze()  # nor shall that hold up answers later
        monitor.sampler.start()
        work = asyncio.create_task(serving.follow())
        work.add_done_callback(_end_with)
        yield
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await asyncio.to_thread(monitor.sampler.stop)
        serving.close()
        gc.unfreeze()

    app = FastAPIOffline(
        title="Matinee",
        version=matinee.__version__,
        lifespan=lifespan,
        redoc_url=None,
        static_url="/docs-assets",
    )
    metrics = Metrics()
    monitor = MonitorRoutes(serving, metrics)
    problems.install(app)
    router = APIRouter(prefix="/v1", route_class=Route)
    for routes in (
        EventRoutes(serving, metrics),
        UserRoutes(serving, metrics),
        QuestionRoutes(serving),
        MovieRoutes(serving),
        InsightRoutes(serving),
        OperationRoutes(serving),
        JobRoutes(serving),
        monitor,
    ):
        routes.install(router)
    app.include_router(router)
    install_welcome(app)
    install_health(app, serving, metrics, server)
    app.add_middleware(Around, metrics=metrics, silence=lambda: serving.follower.silence)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _end_with(work: "asyncio.Task[None]") -> None:
    """A process that no longer follows the log would answer from the past: it ends, to be started again."""
    if not work.cancelled() and (error := work.exception()) is not None:
        _log.critical("the log is no longer followed: ending", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        known = document.setdefault("components", {}).setdefault("schemas", {})
        if clash := known.keys() & schemas().keys():
            raise TypeError(f"two structures are called {sorted(clash)}; give one another name")
        known.update(schemas())
        app.openapi_schema = document
    return app.openapi_schema
