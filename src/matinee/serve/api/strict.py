"""Routes that refuse query parameters they do not know, so that a typo is told and not ignored."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute

from matinee.errors import EventError


class StrictRoute(APIRoute):
    """A route whose query parameters are those it declares: any other is a 422 that lists them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind a look at the raw query string where there is one."""
        handle = super().get_route_handler()
        known = [parameter.alias for parameter in self.dependant.query_params]
        plain = frozenset(name.encode() for name in known)

        async def handle_known(request: Request) -> Response:
            query: bytes = request.scope["query_string"]
            if query and not all(part.partition(b"=")[0] in plain for part in query.split(b"&")):
                _refuse_unknown(query, known)
            return await handle(request)

        return handle_known


def _refuse_unknown(query: bytes, known: list[str]) -> None:
    """Raise EventError for the first parameter that is not known, once percent signs are decoded."""
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            rule = f"is no parameter of this route, which takes {', '.join(known) or 'none'}"
            raise EventError(name, value, rule)
