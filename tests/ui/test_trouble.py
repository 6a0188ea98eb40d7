"""The page over an API that is down, slow, restarting, closed to it or empty: plain words, and a way on."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests import support
from tests.ui.browser import NARROW, PAGES, WIDE, Visitor, showing

NEVER = {"state": "never", "started": None, "ended": None, "what": None, "share": None, "says": None}
EMPTY: dict[str, Any] = {
    "recommendations": {"kind": "popular", "model": "untrained", "offset": "0", "recommendations": []},
    "popular": {"kind": "popular", "model": "untrained", "offset": "0", "recommendations": []},
    "trending": {"kind": "trending", "model": "untrained", "offset": "0", "recommendations": []},
    "movies": {"kind": "search", "model": "untrained", "offset": "0", "recommendations": []},
    "history": {"user": "u", "offset": "0", "total": 0, "history": []},
    "profile": {
        "kind": "popular", "events": {}, "mean_rating": None, "genres": [], "first": None, "last": None,
    },
    "similar": {"user": "u", "offset": "0", "among": 0, "similar": []},
    "models": {"serving": "untrained", "models": []},
    "jobs": {"jobs": [NEVER | {"name": name} for name in ("train", "simulate")]},
    "monitor": {
        "seconds": 60, "requests_per_second": 0.0, "errors_per_second": 0.0, "refused_per_second": 0.0,
        "events_per_second": 0.0, "likes_per_minute": 0.0, "offset": "0", "users": 0, "movies": 0,
        "stale": None,
        "latency": {"p50": None, "p95": None, "p99": None}, "freshness": {"p50": None, "p99": None},
        "stream": {"behind": None, "seconds": None}, "model": None, "quality": [], "series": [], "routes": [],
        "errors": [],
    },
}  # fmt: skip
"""What a Matinee without any event answers, by the last part of the path."""


class Api:
    """Stands in for an API that has troubles."""

    def __init__(self, port: int | None = None) -> None:
        self.trouble = "none"
        self.ready = True
        port = port or support.free_port()
        self.url = f"http://127.0.0.1:{port}"
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "DELETE"])])
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        support.await_until(lambda: self._server.started, "the API is there")

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _answer(self, request: Request) -> JSONResponse:
        status, body = await self._said(request.url.path)
        return JSONResponse(body, status, headers={"x-request-id": "abc123"})

    async def _said(self, path: str) -> tuple[int, Any]:
        if path == "/health/ready" and not self.ready:
            return 503, {}
        match self.trouble:
            case "closed":
                return 401, {"title": "Unauthorized", "status": 401, "detail": "no key was given"}
            case "failing":
                return 500, {"title": "Error", "status": 500, "detail": "an unexpected error"}
            case "unready":
                return 503, {"status": 503, "detail": "the log does not answer"}
            case "foreign":
                return 200, ["not", "Matinee"]
            case "slow":
                await asyncio.sleep(9)
        last = path.rsplit("/", 1)[1]
        if path.startswith("/v1/insights/"):
            return 200, {"chart": last, "says": "There are no events yet.", "rows": []}
        if path.startswith("/v1/movies/"):
            return 404, {"status": 404, "detail": f"movie {last!r} is not known"}
        return 200, EMPTY.get(last, {})


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.end()


@pytest.fixture(scope="module")
def site(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("troubled")
    with showing(home, api.url) as url:
        yield url


@pytest.fixture
def visitor(browser: Browser, site: str, api: Api) -> Iterator[Visitor]:
    api.trouble = "none"
    made = Visitor(browser, site, "someone", size=WIDE, scheme="dark")
    yield made
    api.trouble, api.ready = "none", True
    made.close()


def test_an_empty_matinee_says_what_to_do_on_every_page(visitor: Visitor):
    for path in PAGES:
        if path == "movie":
            continue
        visitor.open(path)
        assert not visitor.faults(), path
    visitor.open("movie", movie="1")
    expect(visitor.page.get_by_text("Movie '1' is not known.")).to_be_visible()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("closed", "does not let this page in (401)"),
        ("failing", "The API failed (500); its log says more about request abc123."),
        ("unready", "The API cannot answer right now: the log does not answer."),
        ("foreign", "is not Matinee"),
        ("slow", "has not answered within 8 seconds."),
    ],
)
def test_a_trouble_is_a_plain_sentence_and_ends_with_it(visitor: Visitor, api: Api, trouble: str, said: str):
    api.trouble, api.ready = trouble, False
    page = visitor.page
    page.goto(f"{visitor.url}/history?user=someone")
    expect(page.get_by_text(said)).to_be_visible()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    assert not visitor.faults()
    assert "Traceback" not in page.locator("body").inner_text()
    api.trouble = "none"
    again.click()  # it is not ready, so nothing else brings the page back
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    expect(page.get_by_text(said)).to_have_count(0)


def test_an_api_that_comes_up_again_brings_the_page_back_by_itself(browser: Browser, tmp_path: Path):
    port = support.free_port()
    with showing(tmp_path, f"http://127.0.0.1:{port}") as url:
        visitor = Visitor(browser, url, "someone", size=NARROW, scheme="light")
        for path in ("", "movie", "monitor", "insights"):
            visitor.page.goto(f"{url}/{path}?user=someone&movie=1")
            expect(visitor.page.get_by_text(re.compile("Nobody answers at")).first).to_be_visible()
        visitor.page.goto(f"{url}/history?user=someone")
        expect(visitor.page.get_by_text("Nobody answers at")).to_be_visible()
        api = Api(port)
        expect(visitor.page.get_by_text("Nothing yet.")).to_be_visible()
        api.end()
        visitor.close()


def test_an_act_that_is_not_taken_is_said_and_can_be_repeated(visitor: Visitor, api: Api):
    liked = {
        "movie": "1",
        "title": "Heat",
        "year": 1995,
        "genres": ["Crime"],
        "poster": None,
        "score": 1.0,
        "why": None,
    }
    shown = EMPTY["recommendations"] | {"recommendations": [liked]}
    EMPTY["recommendations"], before = shown, EMPTY["recommendations"]
    try:
        visitor.open()
        api.trouble = "unready"
        visitor.card(0).locator("[data-kind=like]").click()
        expect(visitor.page.get_by_text("It was not taken; try again.")).to_be_visible()
        expect(visitor.page.get_by_role("button", name="Undo")).to_be_disabled()
    finally:
        EMPTY["recommendations"] = before
