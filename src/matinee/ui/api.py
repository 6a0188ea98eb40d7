"""The API as the page sees it: an answer, or a sentence that says why there is none."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import streamlit as st

from matinee.ui.given import given

_SECONDS = 8.0
"""How long an answer may take."""
_TO_CONNECT = 2.0
_TO_END = 15.0
"""How long until what runs has ended, which the API waits for."""
Json = dict[str, Any]


class NoAnswerError(Exception):
    """Why there is no answer, in a sentence for whoever looks at the page."""

    again: Callable[[], object] | None = None
    """Asks once more for what is not there; None where that could do a thing twice."""


class SlowError(NoAnswerError):
    """It took too long. Who asks again at once makes it slower still: only what refreshes by itself does."""


class RefusedError(NoAnswerError):
    """The API will not do what was asked; to ask again would not help."""


class UnknownError(RefusedError):
    """What was asked about is not known to the API."""


class Api:
    """The routes below `/v1`. Safe to use from several threads; it keeps connections open."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=f"{self.url}/v1/")

    def get(self, *path: str, **parameters: Any) -> Json:
        """What is at `path`, whose parts are quoted; parameters that are None are left out."""
        known = {name: value for name, value in parameters.items() if value is not None}
        ask = partial(self._ask, "GET", path, params=known)
        try:
            return ask()
        except NoAnswerError as error:
            error.again = ask
            raise

    def post(self, *path: str, body: Any = None) -> Json:
        """Send `body`; what is answered."""
        return self._ask("POST", path, json=body) if body is not None else self._ask("POST", path)

    def delete(self, *path: str) -> Json:
        """End what is at `path`; what is answered."""
        return self._ask("DELETE", path, seconds=_TO_END)

    def _ask(self, method: str, path: tuple[str, ...], seconds: float = _SECONDS, **more: Any) -> Json:
        url = "/".join(map(_part, path))
        limit = httpx.Timeout(seconds, connect=_TO_CONNECT)
        try:
            answer = self._client.request(method, url, timeout=limit, **more)
        except (httpx.ConnectTimeout, httpx.InvalidURL) as error:
            raise NoAnswerError(self._nobody()) from error
        except httpx.TimeoutException as error:
            raise SlowError(f"The API at {self.url} has not answered within {seconds:g} seconds.") from error
        except httpx.HTTPError as error:
            raise NoAnswerError(self._nobody()) from error
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Json:
        said, status = _parsed(answer), answer.status_code
        if said is not None and answer.is_success:
            return said
        if said is None and status not in (401, 403) and status < 500:
            raise NoAnswerError(f"What answers at {self.url} is not Matinee.")
        raise self._error(answer, said and said.get("detail"))

    def _error(self, answer: httpx.Response, detail: Any) -> NoAnswerError:
        match answer.status_code:
            case 401 | 403:
                return NoAnswerError(self._closed(answer.status_code))
            case 404:
                return UnknownError(_sentence(detail or "There is no such thing"))
            case 503:
                return NoAnswerError(f"The API cannot answer right now: {detail or 'it does not say why'}.")
            case status if status >= 500:
                number = answer.headers.get("x-request-id")
                more = f"; its log says more about request {number}" if number else ", and does not say why"
                return NoAnswerError(f"The API failed ({status}){more}.")
        return RefusedError(_sentence(detail or f"The API refused this ({answer.status_code})"))

    def _nobody(self) -> str:
        return f"Nobody answers at {self.url}: the API is down, or just starting."

    def _closed(self, status: int) -> str:
        return f"The API at {self.url} does not let this page in ({status}): whoever runs it must allow that."


def _part(path: str) -> str:
    """A part of a path, quoted; also its dots, for two of them would be another path."""
    return quote(path, safe="").replace(".", "%2E")


def _parsed(answer: httpx.Response) -> Json | None:
    """The object that was answered; None where it is something else, as a proxy's own page."""
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _sentence(said: Any) -> str:
    text = str(said)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


@st.cache_resource(show_spinner=False)
def _api_at(url: str) -> Api:
    return Api(url)


def api() -> Api:
    """The one that this page was given."""
    return _api_at(given().api)
