"""The page over an API that is down, slow, restarting, closed to it or empty: plain words, and a way on."""

import asyncio
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import uvicorn
from msgspec import to_builtins
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from matinee.jobs import Job
from matinee.serve.api import answers
from matinee.serve.api.monitor import Monitor, RouteRate, ServedModel, StreamAnswer
from matinee.ui import frame
from matinee.ui.api import NoAnswerError, RefusedError, SlowError
from tests import support
from tests.ui.browser import NARROW, PAGES, WIDE, Visitor, showing

LISTING = answers.Listing("popular", "untrained", "0", [])
MONITOR = Monitor(
    stream=StreamAnswer(),
    model=ServedModel("untrained", None, None),
    offset="0",
    users=0,
    movies=0,
    stale=None,
    quality=[],
    series=[],
    errors=[],
)
EMPTY: dict[str, Any] = to_builtins(
    {
        "recommendations": LISTING,
        "events": answers.Receipt(1, 0, [], "0", []),
        "popular": LISTING,
        "trending": LISTING,
        "movies": LISTING,
        "history": answers.HistoryAnswer("u", "0", 0, []),
        "profile": answers.Profile("u", "popular", "0", {}, None, None, None, []),
        "similar": answers.Neighbours("u", "0", 0, []),
        "models": answers.Models("untrained", []),
        "jobs": answers.Jobs([Job("train"), Job("simulate")]),
        "monitor": MONITOR,
    }
)
"""What a Matinee without any event answers, by the last part of the path."""

ALWAYS: dict[str, tuple[int, Any]] = {
    "closed": (401, {"title": "Unauthorized", "status": 401, "detail": "no key was given"}),
    "failing": (500, {"title": "Error", "status": 500, "detail": "an unexpected error"}),
    "proxied": (502, None),
    "unready": (503, {"status": 503, "detail": "the log does not answer"}),
    "foreign": (200, ["not", "Matinee"]),
}
"""What is answered, whatever is asked, by the trouble."""

ROWS: dict[str, list[dict[str, Any]]] = {}
"""The rows of charts, by their names."""


class Api:
    """Stands in for an API that has troubles."""

    def __init__(self, port: int | None = None) -> None:
        self.trouble = "none"
        self.looked_for: list[str] = []
        """What the search box has asked for."""
        self.sent: list[list[dict[str, Any]]] = []
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
        if request.query_params.get("k") == "8" and "q" in request.query_params:
            self.looked_for.append(request.query_params["q"])
        if request.url.path == "/v1/events":
            self.sent.append(await request.json())
        status, body = await self._said(request.url.path)
        return JSONResponse(body, status, headers={"x-request-id": "abc123"})

    async def _said(self, path: str) -> tuple[int, Any]:
        if self.trouble in ALWAYS:
            return ALWAYS[self.trouble]
        match self.trouble:
            case "unreadable" if path != "/v1/events":
                return 503, {"status": 503, "detail": "the list is not there"}
            case "slow":
                while self.trouble == "slow":
                    await asyncio.sleep(0.05)
            case "no lake" if path.startswith("/v1/insights/"):
                return 503, {"status": 503, "detail": "the lake does not answer"}
        last = path.rsplit("/", 1)[1]
        if path.startswith("/v1/insights/"):
            return 200, {"chart": last, "says": "There are no events yet.", "rows": ROWS.get(last, [])}
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
    api.trouble = "none"
    made.close()


def test_an_empty_matinee_says_what_to_do_on_every_page(visitor: Visitor):
    for path in PAGES:
        if path == "movie":
            continue
        visitor.open(path)
        assert not visitor.faults(), path
    visitor.open("movie", movie="1")
    expect(visitor.page.get_by_text("No movie has the id 1.")).to_be_visible()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("closed", "does not let this page in (401)"),
        ("failing", "The API failed (500); its log says more about request abc123."),
        ("unready", "The API cannot answer right now: the log does not answer."),
        ("foreign", "is not Matinee"),
        ("proxied", "The API failed (502)"),
        ("slow", "has not answered within 8 seconds."),
    ],
)
def test_a_trouble_is_a_plain_sentence_and_ends_with_it(visitor: Visitor, api: Api, trouble: str, said: str):
    api.trouble = trouble
    page = visitor.page
    page.goto(f"{visitor.url}/history?user=someone")
    expect(page.get_by_text(said)).to_be_visible()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    assert not visitor.faults()
    assert "Traceback" not in page.locator("body").inner_text()
    api.trouble = "none"
    if trouble == "slow":  # what is slow is not asked again by itself
        expect(page.get_by_text("by itself")).to_have_count(0)
        again.click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    expect(page.get_by_text(said)).to_have_count(0)


def test_the_monitor_does_not_wait_for_the_lake(visitor: Visitor, api: Api):
    api.trouble = "no lake"
    page = visitor.open("monitor").page
    expect(page.get_by_text("The API cannot answer right now: the lake does not answer.")).to_be_visible()
    expect(page.locator(".figures dt", has_text="Requests a second")).to_be_visible()
    expect(page.get_by_role("heading", name="Warnings and errors")).to_be_visible()


@pytest.mark.parametrize("error", [SlowError("slow"), RefusedError("no")])
def test_what_is_slow_by_now_is_said_and_asked_for_no_more(monkeypatch: pytest.MonkeyPatch, error: Exception):
    ran_anew: list[bool] = []
    monkeypatch.setattr("matinee.ui.frame.st.rerun", lambda: ran_anew.append(True))
    frame._come_back(Mock(side_effect=NoAnswerError("down")))
    assert not ran_anew
    frame._come_back(Mock(side_effect=error))
    assert ran_anew


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
        said = visitor.page.get_by_text("It may not have been taken: do it again, and it counts once.")
        expect(said).to_be_visible()
        api.trouble = "none"
        expect(visitor.page.get_by_text("comes back by itself")).to_have_count(0)
        expect(said).to_be_visible()  # also once the page has come back
        visitor.card(0).locator("[data-kind=like]").click()
        expect(visitor.page.get_by_text("Liked Heat")).to_be_visible()
        expect(said).to_have_count(0)
        first, again = api.sent
        assert first == again
        api.trouble = "unreadable"
        visitor.card(0).locator("[data-kind=view]").click()
        expect(visitor.page.get_by_text("the list is not there")).to_be_visible()
        expect(visitor.page.get_by_text("Done — watched Heat.")).to_be_visible()
        api.trouble = "unready"
        visitor.page.get_by_role("combobox", name=re.compile("Search movies")).press_sequentially("heat")
        expect(visitor.page.get_by_role("option")).to_have_text(
            "The API cannot answer right now: the log does not answer."
        )
    finally:
        EMPTY["recommendations"] = before


def test_the_search_box_asks_once_for_what_was_typed(visitor: Visitor, api: Api):
    page = visitor.open("history").page
    box = page.get_by_role("combobox", name=re.compile("Search movies"))
    box.press_sequentially("ronin")
    expect(page.get_by_role("option")).to_have_text("Nothing is called like “ronin”.")
    box.press("Enter")
    page.get_by_role("heading", name="Search", level=1).wait_for()
    visitor.settled()
    page.get_by_role("link", name="History").first.click()
    page.get_by_role("heading", name="History", level=1).wait_for()
    visitor.settled()
    assert api.looked_for.count("ronin") == 1


def test_a_model_that_takes_the_place_of_another_is_shown(visitor: Visitor):
    def trained(version: str, ended: datetime) -> dict[str, Any]:
        model = answers.ModelAnswer(version, True, "2026-01-02T20:00:00Z", "blend", 1, {}, {})
        known = answers.Models(version, [model]), answers.Jobs([Job("train", "done", ended=ended)])
        return dict(zip(("models", "jobs"), map(to_builtins, known), strict=True))

    before = {name: EMPTY[name] for name in ("models", "jobs")}
    try:
        EMPTY.update(trained("first", datetime(2026, 1, 2, 20, 15, tzinfo=UTC)))
        page = visitor.open("models").page
        expect(page.get_by_text("1 published; first is served.")).to_be_visible()
        EMPTY.update(trained("second", datetime(2026, 1, 2, 20, 16, tzinfo=UTC)))
        expect(page.get_by_text("1 published; second is served.")).to_be_visible()
    finally:
        EMPTY.update(before)


def test_a_table_and_a_chart_take_what_is_in_them_literally(visitor: Visitor):
    image = "![route](https://nowhere.invalid/x.png)"
    namesakes = [{"movie": movie, "title": "Aladdin", "popularity": 1.0} for movie in ("1", "2")]
    untitled = [{"movie": movie, "title": None, "popularity": 1.0} for movie in ("3", "__proto__")]
    ROWS["top-popular"], before = namesakes + untitled, EMPTY["monitor"]
    EMPTY["monitor"] = before | {"routes": [to_builtins(RouteRate(image, 1.0, None))]}
    try:
        page = visitor.open("insights").page
        labels = page.locator("[data-testid=stVegaLiteChart] .role-axis-label text")
        expect(labels.filter(has_text="Aladdin")).to_have_count(2)
        expect(labels.filter(has_text=re.compile("^\u2060(3|__proto__)$"))).to_have_count(2)
        visitor.open("monitor")
        expect(page.get_by_role("rowheader", name="nowhere.invalid")).to_have_text(image)
    finally:
        ROWS.clear()
        EMPTY["monitor"] = before
