"""Events over HTTP: the same `emit` as into the log, for a Matinee that runs elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from matinee.errors import SourceError
from matinee.events.codec import encode
from matinee.events.types import Event
from matinee.sources.base import Emit

_AT_ONCE = 5_000


@contextmanager
def posting(url: str) -> Iterator[Emit]:
    """An `emit` that posts to the Matinee at `url`, such as `http://127.0.0.1:8000`.

    It returns once the events are acknowledged as durable. It raises SourceError when Matinee cannot be
    reached or rejects one.
    """
    with httpx.Client(base_url=url, timeout=30) as client:

        def emit(events: list[Event]) -> None:
            for start in range(0, len(events), _AT_ONCE):
                _post(client, events[start : start + _AT_ONCE])

        yield emit


def _post(client: httpx.Client, events: list[Event]) -> None:
    body = b"\n".join(map(encode, events))
    try:
        answer = client.post("/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(
            f"cannot post to {client.base_url} ({error}); is `matinee serve` running there?"
        ) from error
    if answer.status_code != 202:
        raise SourceError(f"{client.base_url} answered {answer.status_code}: {answer.text[:200]}")
    if rejected := answer.json()["rejected"]:
        first = rejected[0]
        raise SourceError(f"{client.base_url} rejected an event: {first['field']} {first['reason']}")
