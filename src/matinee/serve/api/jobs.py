"""Work beside the API: what it does, started and stopped."""

import asyncio

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from matinee.jobs import Job, JobName
from matinee.serve.api import answers
from matinee.serve.api.answers import answer, documented
from matinee.serve.serving import Serving


class SimulationQuestion(BaseModel):
    """How many events a second, and for how long."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rate: float = Field(default=20.0, ge=0.1, le=1000, allow_inf_nan=False, description="events a second")
    minutes: float = Field(default=10.0, ge=0.1, le=60, allow_inf_nan=False)


class JobRoutes:
    """`/jobs`."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        started = documented(Job, 409, 422, 503, status=202)
        router.add_api_route("/jobs", self.all, responses=documented(answers.Jobs, 422, 503))
        router.add_api_route("/jobs/train", self.train, methods=["POST"], status_code=202, responses=started)
        body = documented(Job, 400, 409, 413, 422, 503, status=202)
        router.add_api_route(
            "/jobs/simulate", self.simulate, methods=["POST"], status_code=202, responses=body
        )
        stopped = documented(Job, 409, 422, 503)
        router.add_api_route("/jobs/{name}", self.stop, methods=["DELETE"], responses=stopped)

    async def all(self) -> Response:
        """Every job: whether it runs, how far it is, and how it ended."""
        return answer(answers.Jobs(await asyncio.to_thread(self._serving.jobs.all)))

    async def train(self) -> Response:
        """Train on the lake, beside this; the API takes the model once it is published."""
        return answer(await asyncio.to_thread(self._serving.jobs.train), 202)

    async def simulate(self, simulation: SimulationQuestion | None = None) -> Response:
        """People who watch, like, rate and review, for some minutes: real events in the log."""
        wanted = simulation or SimulationQuestion()
        job = await asyncio.to_thread(self._serving.jobs.simulate, wanted.rate, wanted.minutes)
        return answer(job, 202)

    async def stop(self, name: JobName) -> Response:
        """End a job; the answer comes when it has ended."""
        return answer(await asyncio.to_thread(self._serving.jobs.stop, name))
