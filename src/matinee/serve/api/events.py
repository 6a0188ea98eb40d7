"""Taking events in."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from matinee.errors import EventError, LogError
from matinee.events.codec import decode, decode_plain, new_id
from matinee.events.types import Event
from matinee.events.wire import wire_schema
from matinee.serve.api.answers import Given, Receipt, Rejected, answer, documented
from matinee.serve.api.body import MAX_EVENTS, split_events
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.problems import problem
from matinee.serve.serving import Serving

_PERHAPS = "some of the events may be taken: send all again, those with an id of their own count once"
_ONE_OR_MANY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [wire_schema(), {"type": "array", "items": wire_schema()}]}
            },
            "application/x-ndjson": {"schema": {"type": "string", "description": "one event a line"}},
        },
    }
}


class EventRoutes:
    """`POST /events`."""

    def __init__(self, serving: Serving, metrics: Metrics) -> None:
        self._serving = serving
        self._metrics = metrics

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        router.add_api_route(
            "/events",
            self.post,
            methods=["POST"],
            status_code=202,
            responses=documented(Receipt, 413, 422, 503, status=202),
            openapi_extra=_ONE_OR_MANY,
        )

    async def post(self, request: Request) -> Response:
        """Take one event, an array of them, or NDJSON. What is acknowledged is durable and already counts.

        Each event stands for itself: the valid ones are taken though others are rejected. A request with
        nothing but rejected events is a 422. A 503 may have taken a part: sent again with the same ids, each
        event counts once.
        """
        started = time.perf_counter()
        body = await request.body()
        lines = "ndjson" in request.headers.get("content-type", "")
        events, rejected, given = _read(body, lines=lines)
        if rejected:
            self._metrics.events.labels("", "rejected").inc(len(rejected))
        if not events:
            first = rejected[0]
            detail = f"{first.field}: {first.reason}, got {first.value}"
            return problem(422, detail, field=first.field, rejected=rejected)
        try:
            appended = await self._serving.follower.append(events)
        except LogError as error:
            raise LogError(f"{error}; {_PERHAPS}") from error
        duplicates = len(appended.duplicates)
        self._count(events, appended.duplicates)
        self._metrics.freshness.observe(time.perf_counter() - started)
        receipt = Receipt(len(events) - duplicates, duplicates, rejected, str(appended.position), given)
        return answer(receipt, 202)

    def _count(self, events: list[Event], duplicates: tuple[int, ...]) -> None:
        sent = Counter([event.type for event in events])
        again = Counter([events[index].type for index in duplicates])
        for type_, number in sent.items():
            self._metrics.events.labels(type_, "accepted").inc(number - again[type_])
            self._metrics.events.labels(type_, "duplicate").inc(again[type_])


def _read(body: bytes, *, lines: bool) -> tuple[list[Event], list[Rejected], list[Given]]:
    now = datetime.now(UTC)
    plain = decode_plain(body, now, lines=lines, most=MAX_EVENTS)
    if plain is not None:
        return plain, [], []
    return _read_each(split_events(body, lines=lines), now)


def _read_each(
    values: Sequence[bytes | msgspec.Raw], now: datetime
) -> tuple[list[Event], list[Rejected], list[Given]]:
    events: list[Event] = []
    rejected: list[Rejected] = []
    given: list[Given] = []

    def give() -> str:
        given.append(Given(index, new_id()))
        return given[-1].id

    for index, value in enumerate(values):
        try:
            events.append(decode(value, now, give))
        except EventError as error:
            if given and given[-1].index == index:
                given.pop()
            rejected.append(Rejected(index, error.field, error.value, error.rule))
    return events, rejected, given
