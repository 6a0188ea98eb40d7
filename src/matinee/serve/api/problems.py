"""Errors as the client sees them: RFC 9457 problems that say what, the value, and what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from matinee.errors import (
    EventError,
    JobError,
    LakeError,
    LogError,
    MatineeError,
    ModelError,
    NotFreshError,
    StoreError,
    shown,
)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (RFC 9457): a title for the kind, a detail for this time, the field where it was."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    field: str | None = None
    offset: str | None = None
    rejected: list[Any] | None = None


_STATUS: Mapping[type[MatineeError], int] = {
    EventError: 422,
    LogError: 503,
    LakeError: 503,
    StoreError: 503,
    ModelError: 409,
    JobError: 409,
}


def problem(status: int, detail: str, **more: Any) -> Response:
    """The response for a problem; a 503 says when to come back."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, **more)
    headers = {"Retry-After": "1"} if status == 503 else None
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")


class NotFoundError(MatineeError):
    """What was asked for is not there."""


class TooLargeError(HTTPException):
    """The request is over a stated limit."""

    def __init__(self, detail: str) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def install(app: FastAPI) -> None:
    """Turn every error of `app` into a problem."""
    app.add_exception_handler(MatineeError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _ours(_request: Request, error: Exception) -> Response:
    if isinstance(error, NotFoundError):
        return problem(404, str(error))
    if isinstance(error, NotFreshError):
        return problem(503, str(error), offset=error.offset)
    field = error.field if isinstance(error, EventError) else None
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return problem(status, str(error), field=field)


async def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    if field == "body" or first["type"] == "json_invalid":
        detail = "body: must be JSON of the form that /docs shows, sent with Content-Type: application/json"
        return problem(422, f"{detail} ({first.get('ctx', {}).get('error', first['msg'])})", field="body")
    return problem(422, f"{field}: {first['msg']}, got {shown(first.get('input'))}", field=field)


async def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response
