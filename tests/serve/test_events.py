"""What a producer is told whose events may be in the log and may not."""

from types import SimpleNamespace
from typing import Any, cast

import httpx
from fastapi import APIRouter, FastAPI

from matinee.errors import LogError
from matinee.serve.api import problems
from matinee.serve.api.events import EventRoutes
from tests import support


def test_who_is_refused_is_told_to_send_all_again():
    async def append(_events: Any) -> None:
        raise LogError("the brokers do not answer")

    async def posted() -> httpx.Response:
        serving = SimpleNamespace(follower=SimpleNamespace(append=append))
        router, app = APIRouter(), FastAPI()
        EventRoutes(cast("Any", serving), cast("Any", None)).install(router)
        app.include_router(router)
        problems.install(app)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.post("/events", json={"id": "1", "type": "like", "user": "a", "movie": "b"})

    answer = support.awaited(posted())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    told = answer.json()["detail"]
    assert told.startswith("the brokers do not answer; some of the events may be taken: send all again")
