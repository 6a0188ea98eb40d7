"""The API as the page sees it: an answer, or a sentence that says why there is none."""

from typing import Any
from urllib.parse import quote

import httpx
import streamlit as st

from matinee.ui.given import given

_SECONDS = 8.0
"""How long an answer may take."""
Json = dict[str, Any]


class NoAnswerError(Exception):
    """Why there is no answer, in a sentence for whoever looks at the page."""


class RefusedError(NoAnswerError):
    """The API will not do what was asked; to ask again would not help."""


class UnknownError(RefusedError):
    """What was asked about is not known to the API."""


class Api:
    """The routes below `/v1`. Safe to use from several threads; it keeps connections open."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=f"{self.url}/v1/", timeout=httpx.Timeout(_SECONDS, connect=2))

    def get(self, *path: str, **parameters: Any) -> Json:
        """What is at `path`, whose parts are quoted; parameters that are None are left out."""
        known = {name: value for name, value in parameters.items() if value is not None}
        return self._ask("GET", path, params=known)

    def post(self, *path: str, body: Any = None) -> Json:
        """Send `body`; what is answered."""
        return self._ask("POST", path, json=body) if body is not None else self._ask("POST", path)

    def delete(self, *path: str) -> Json:
        """End what is at `path`; what is answered."""
        return self._ask("DELETE", path)

    def is_ready(self) -> bool:
        """Whether it would answer now."""
        try:
            return self._client.get(f"{self.url}/health/ready", timeout=2).status_code == httpx.codes.OK
        except (httpx.HTTPError, httpx.InvalidURL):
            return False

    def _ask(self, method: str, path: tuple[str, ...], **more: Any) -> Json:
        url = "/".join(quote(part, safe="") for part in path)
        try:
            answer = self._client.request(method, url, **more)
        except httpx.TimeoutException as error:
            raise NoAnswerError(
                f"The API at {self.url} has not answered within {_SECONDS:g} seconds."
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoAnswerError(
                f"Nobody answers at {self.url}: the API is down, or just starting."
            ) from error
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Json:
        try:
            said = answer.json()
        except ValueError as error:
            if answer.status_code in (401, 403):
                raise NoAnswerError(self._refused(answer.status_code)) from error
            raise NoAnswerError(self._foreign()) from error
        if answer.is_success and isinstance(said, dict):
            return said
        if not isinstance(said, dict):
            raise NoAnswerError(self._foreign())
        raise self._error(answer, said.get("detail"))

    def _error(self, answer: httpx.Response, detail: Any) -> NoAnswerError:
        match answer.status_code:
            case 401 | 403:
                return NoAnswerError(self._refused(answer.status_code))
            case 404:
                return UnknownError(_sentence(detail or "There is no such thing"))
            case 503:
                return NoAnswerError(f"The API cannot answer right now: {detail or 'it does not say why'}.")
            case status if status >= 500:
                number = answer.headers.get("x-request-id", "unknown")
                return NoAnswerError(f"The API failed ({status}); its log says more about request {number}.")
        return RefusedError(_sentence(detail or f"The API refused this ({answer.status_code})"))

    def _foreign(self) -> str:
        return f"What answers at {self.url} is not Matinee."

    def _refused(self, status: int) -> str:
        return f"The API at {self.url} does not let this page in ({status}): whoever runs it must allow that."


def _sentence(said: Any) -> str:
    text = str(said)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


@st.cache_resource(show_spinner=False)
def _api_at(url: str) -> Api:
    return Api(url)


def api() -> Api:
    """The one that this page was given."""
    return _api_at(given().api)
