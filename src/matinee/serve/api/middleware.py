"""Around every request: an id, its time, and a line in the log when something went wrong."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matinee.serve.api.body import MAX_BYTES
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.problems import TooLargeError, problem
from matinee.telemetry import get_logger

_log = get_logger("api")
_UNANSWERED = 0
GONE = 499
"""The client went before it had its answer; nobody reads this status but the metrics."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Around:
    """Pure ASGI: gives each request an id (or keeps the client's), measures it, and logs what went wrong.

    While the log is silent, every answer says for how many seconds, in the header `matinee-stale`.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, silence: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        status = _UNANSWERED

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
                if silence := self._silence():
                    message["headers"].append((b"matinee-stale", b"%.1f" % silence))
            await send(message)

        structlog.contextvars.bind_contextvars(request=request_id.decode())
        try:
            if _length(scope) > MAX_BYTES:
                refusal = problem(413, f"the body is over {MAX_BYTES} bytes; send it in parts")
                await refusal(scope, receive, send_with_id)
            else:
                await self._app(scope, _limited(receive), send_with_id)
        except ClientDisconnect:
            status = GONE
        except Exception as error:
            if status != _UNANSWERED:
                raise  # the answer has begun, and cannot become another
            _log.exception("unexpected error", method=scope["method"], path=scope["path"], exc_info=error)
            failure = problem(500, "an unexpected error; the log has it under this request's id")
            await failure(scope, receive, send_with_id)
        finally:
            self._measure(scope, status, time.perf_counter() - started)
            structlog.contextvars.clear_contextvars()

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = route.path if isinstance(route, Route) else "unknown"
        self._metrics.requests.labels(path, scope["method"], status).inc()
        self._metrics.latency.labels(path).observe(seconds)
        write = _log.error if status == 500 else _log.info if status >= 400 else _log.debug
        write("request", method=scope["method"], path=scope["path"], status=status, seconds=round(seconds, 6))


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            given: bytes = value
            return given
    return uuid4().hex.encode()


def _length(scope: Scope) -> int:
    """What the client says of the body's length; 0 when it does not say."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _limited(receive: Receive) -> Receive:
    """`receive`, which raises TooLargeError as soon as a body is over the limit."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BYTES:
            raise TooLargeError(f"the body is over {MAX_BYTES} bytes; send it in parts")
        return message

    return counted
