"""For whoever runs it: models, a user's data, health and metrics."""

import asyncio

from fastapi import APIRouter, FastAPI, Response

from matinee.models.registry import Info
from matinee.serve.api import answers
from matinee.serve.api.answers import answer, documented
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.parameters import UserId
from matinee.serve.serving import Serving


class OperationRoutes:
    """`/models`, `/users/{user}` export and erasure."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        models, serves = documented(answers.Models, 422, 503), documented(answers.Serves, 409, 422, 503)
        router.add_api_route("/models", self.models, responses=models)
        router.add_api_route("/models/reload", self.reload, methods=["POST"], responses=serves)
        router.add_api_route("/models/rollback", self.rollback, methods=["POST"], responses=serves)
        router.add_api_route("/models/{version}/activate", self.activate, methods=["POST"], responses=serves)
        data = documented(answers.UserData, 422, 503)
        router.add_api_route("/users/{user}/export", self.export, responses=data)
        erased = documented(answers.Erasure, 422, 503)
        router.add_api_route("/users/{user}", self.erase, methods=["DELETE"], responses=erased)

    async def models(self) -> Response:
        """The published models, newest first."""
        registry = self._serving.registry
        infos, before = await asyncio.to_thread(lambda: (registry.versions(), registry.before()))
        models = [_model(info) for info in reversed(infos)]
        return answer(answers.Models(self._serving.recommender.version, models, before))

    async def reload(self) -> Response:
        """Serve the active model now, in this process; the others follow within a second."""
        return answer(answers.Serves(await self._serving.reload()))

    async def activate(self, version: str) -> Response:
        """Make a published model the active one and serve it; a damaged one is refused."""
        await asyncio.to_thread(self._serving.registry.activate, version)
        return answer(answers.Serves(await self._serving.reload()))

    async def rollback(self) -> Response:
        """Make the model active that was active before, and serve it; a damaged one is refused."""
        await asyncio.to_thread(self._serving.registry.rollback)
        return answer(answers.Serves(await self._serving.reload()))

    async def export(self, user: UserId) -> Response:
        """Everything that is stored of a user."""
        return answer(answers.UserData(**await asyncio.to_thread(self._serving.export, user)))

    async def erase(self, user: UserId) -> Response:
        """Forget a user everywhere; the answer is the receipt."""
        receipt = await asyncio.to_thread(self._serving.erase, user)
        await self._serving.fresh()
        return answer(answers.Erasure(**receipt))


def _model(info: Info) -> answers.ModelAnswer:
    known = info.manifest
    return answers.ModelAnswer(
        version=info.version,
        active=info.active,
        created=known["created"],
        kind=known["kind"],
        lake_version=known["lake_version"],
        figures=known["figures"],
        settings=known["settings"],
    )


def install_health(app: FastAPI, serving: Serving, metrics: Metrics, server: int) -> None:
    """Add `/health/live`, `/health/ready` and `/metrics`."""

    async def live() -> Response:
        """The process is up."""
        return answer(answers.Health("ok", server))

    async def ready() -> Response:
        """The live state has caught up with the log; until then nothing is answered at all."""
        await serving.follower.catch_up()
        stale = round(serving.follower.silence, 1) or None
        version = serving.recommender.version
        return answer(answers.Health("ok", server, str(serving.live.position), version, stale))

    async def measured() -> Response:
        """Metrics in Prometheus' text format."""
        return Response(metrics.render(serving), media_type=metrics.content_type)

    app.add_api_route("/health/live", live, responses=documented(answers.Health))
    app.add_api_route("/health/ready", ready, responses=documented(answers.Health, 503))
    app.add_api_route("/metrics", measured, response_class=Response)
