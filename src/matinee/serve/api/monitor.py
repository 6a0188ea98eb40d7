"""Everything that whoever watches wants to see, in one answer."""

import asyncio
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
from fastapi import APIRouter, Response

from matinee.serve.api.answers import QualityAnswer, answer, documented
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.middleware import GONE
from matinee.serve.api.sampler import Between, Sample, Sampler
from matinee.serve.lag import StreamLag
from matinee.serve.recommender import UNTRAINED
from matinee.serve.serving import Serving

_LAST = 60.0
"""Seconds that the figures of now are of."""
_ROUTES = 10
_TROUBLES = 50


class Percentiles(msgspec.Struct, frozen=True):
    """Seconds that half, 95 and 99 of a hundred took at most; null where there were none."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class FreshnessAnswer(msgspec.Struct, frozen=True):
    """Seconds from receiving events to their place in the live state; null where none were posted."""

    p50: float | None = None
    p99: float | None = None


class StreamAnswer(msgspec.Struct, frozen=True):
    """How many entries of the log the lake lacks, and for how long at least; null where nobody can tell."""

    behind: int | None = None
    seconds: float | None = None


class ServedModel(msgspec.Struct, frozen=True):
    """The model that is served, when it was made, and how old it is; null before the first."""

    version: str
    created: str | None
    age_seconds: float | None


class Point(msgspec.Struct, frozen=True):
    """What happened in the seconds up to a moment."""

    at: datetime
    requests_per_second: float
    p95: float | None
    likes_per_minute: float
    events_per_second: float


class RouteRate(msgspec.Struct, frozen=True):
    """How often a route is asked, and in how many seconds 95 of a hundred were answered."""

    route: str
    requests_per_second: float
    p95: float | None


class TroubleAnswer(msgspec.Struct, frozen=True):
    """A warning or error, and the whole log line."""

    at: str
    level: str
    event: str
    request: str | None
    line: str


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """How it goes: figures of the last `seconds`, their course, and the latest warnings and errors."""

    seconds: float = 0.0
    requests_per_second: float = 0.0
    latency: Percentiles = Percentiles()
    errors_per_second: float = 0.0
    refused_per_second: float = 0.0
    events_per_second: float = 0.0
    likes_per_minute: float = 0.0
    freshness: FreshnessAnswer = FreshnessAnswer()
    stream: StreamAnswer
    model: ServedModel
    offset: str
    users: int
    movies: int
    stale: float | None
    quality: list[QualityAnswer]
    series: list[Point]
    routes: list[RouteRate] = []
    errors: list[TroubleAnswer]


class MonitorRoutes:
    """`GET /monitor`."""

    def __init__(self, serving: Serving, metrics: Metrics) -> None:
        self._serving, self._metrics = serving, metrics
        self.sampler = Sampler(self._sample)

    @cached_property
    def _lag(self) -> StreamLag:
        """Made when it is asked for: routes are documented where nothing is served."""
        return StreamLag(self._serving.log, self._serving.committed)

    def _sample(self) -> Sample:
        live = self._serving.live
        totals = live.tallies.totals()
        return Sample.of(self._metrics.collect(), sum(totals.values()), totals["like"], live.position)

    def install(self, router: APIRouter) -> None:
        """Add the route."""
        router.add_api_route("/monitor", self.monitor, responses=documented(Monitor, 422))

    async def monitor(self) -> Response:
        """How it goes: of all processes, but for the courses, which each keeps of its own time."""
        serving = self._serving
        last = self.sampler.last(_LAST)
        troubles = await asyncio.to_thread(serving.troubles.latest, _TROUBLES)
        return answer(
            Monitor(
                **({} if last is None else _figures(last)),
                stream=await self._stream(),
                model=_model(serving),
                offset=str(serving.live.position),
                users=len(serving.live.users),
                movies=len(serving.live.movies),
                stale=round(serving.follower.silence, 1) or None,
                quality=msgspec.convert(serving.quality.figures(), list[QualityAnswer], from_attributes=True),
                series=[_point(step) for step in self.sampler.steps()],
                errors=[TroubleAnswer(*each) for each in troubles],
            )
        )

    async def _stream(self) -> StreamAnswer:
        lag = await self._lag.now()
        if lag is None:
            return StreamAnswer()
        return StreamAnswer(lag.behind, round(self.sampler.behind(lag.committed), 1) if lag.behind else 0.0)


def _figures(last: Between) -> dict[str, Any]:
    """What a Monitor says of the last minute."""
    return {
        "seconds": round(last.seconds, 1),
        "requests_per_second": last.answered(),
        "latency": Percentiles(*last.latency(0.5, 0.95, 0.99)),
        "errors_per_second": last.answered(first=500),
        "refused_per_second": last.answered(first=400, last=GONE - 1),
        "events_per_second": last.events,
        "likes_per_minute": 60 * last.likes,
        "freshness": FreshnessAnswer(*last.freshness(0.5, 0.99)),
        "routes": [
            RouteRate(route, last.answered(route), *last.latency(0.95, route=route))
            for route in last.routes(_ROUTES)
        ],
    }


def _point(step: Between) -> Point:
    (p95,) = step.latency(0.95)
    return Point(step.newer.at, step.answered(), p95, 60 * step.likes, step.events)


def _model(serving: Serving) -> ServedModel:
    version, created = serving.recommender.version, serving.created
    if created is None:
        return ServedModel(UNTRAINED, None, None)
    age = datetime.now(UTC) - datetime.fromisoformat(created)
    return ServedModel(version, created, round(age.total_seconds(), 1))
