"""A real browser over a real page: what a person would see and do."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright

from tests import support

SECONDS = 30_000
"""How long what should be there may take on a machine that is busy with other tests: milliseconds."""
expect.set_options(timeout=SECONDS)
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PAGES = {
    "": "For you",
    "new-here": "New here?",
    "trending": "Trending",
    "people": "People like me",
    "history": "History",
    "insights": "Insights",
    "monitor": "Monitor",
    "models": "Models",
    "movie": "Toy Story (1995)",
    "search": "Search",
}
"""The paths, and the heading of each for movie 1."""
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one a test is skipped, and fails when CI is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        told = "Chromium is missing: apt-get install chromium fonts-noto-core fonts-noto-cjk"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def showing(home: Path, api: str, **settings: object) -> Iterator[str]:
    """`matinee ui` over `api`, ready, at the address given; it must end well on SIGTERM."""
    process, url = _started(home, api, support.free_port(), **settings)
    try:
        yield url
    finally:
        process.terminate()
        code = process.wait(support.SECONDS)
    assert code == 0
    assert "Traceback" not in (home / "logs" / "ui.log").read_text()


@contextmanager
def killed(home: Path, api: str, port: int) -> Iterator[str]:
    """The same on this port, but the process is killed in the end."""
    process, url = _started(home, api, port)
    try:
        yield url
    finally:
        process.kill()
        process.wait(support.SECONDS)


def _started(home: Path, api: str, port: int, **settings: object) -> tuple[subprocess.Popen[bytes], str]:
    url = f"http://127.0.0.1:{port}"
    process = support.start(home, "ui", "--port", str(port), "--api", api, tmdb_posters=False, **settings)
    try:
        support.await_until(lambda: process.poll() is not None or support.is_shown(url), "the page is there")
        assert process.poll() is None, (home / "logs" / "ui.log").read_text()[-3000:]
    except BaseException:
        process.kill()
        raise
    return process, url


def send(api: str, events: list[dict[str, Any]]) -> None:
    """Have the API take all of these events."""
    answer = support.HTTP.post(f"{api}/v1/events", json=events, timeout=60)
    assert answer.status_code == 202, answer.text
    assert not answer.json()["rejected"]


class Visitor:
    """Someone with a browser of their own, who looks at the page at `url`."""

    def __init__(self, browser: Browser, url: str, user: str, *, size: dict[str, int], scheme: str) -> None:
        self.url = url
        self.user = user
        self._context = browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(SECONDS)
        self.page: Page = self._context.new_page()
        self.failures: list[str] = []
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.failures.append(f"asks another host: {request.url}")

    def open(self, path: str = "", **asked: str) -> "Visitor":
        """Open a page, and wait until it is drawn."""
        self.page.goto(f"{self.url}/{path}?{urlencode({'user': self.user, **asked})}")
        return self.settled()

    def settled(self) -> "Visitor":
        """Wait until nothing more is being drawn."""
        self.page.locator("h1").first.wait_for()
        expect(self.page.locator("[data-test-script-state=running]")).to_have_count(0)
        expect(self.page.locator("li.busy")).to_have_count(0)  # a list is drawn a moment after its run
        return self

    def heading(self) -> str:
        """The heading of the page."""
        return self.page.locator("h1").first.inner_text()

    def card(self, place: int) -> Locator:
        """The card at this place of the first wall."""
        return self.page.locator("ul.wall > li, ul.lines > li").nth(place)

    def titles(self) -> list[str]:
        """The titles on the first wall, in order."""
        return self.page.locator("ul.wall .title, ul.lines .title").all_text_contents()

    def title(self, place: int) -> str:
        """The title on the card at this place."""
        return self.card(place).locator(".title").text_content() or ""

    def act(self, place: int, kind: str) -> str:
        """Act on the card at this place; return its title."""
        title = self.title(place)
        self.card(place).locator(f"[data-kind={kind}]").click()
        return title

    def faults(self) -> list[str]:
        """What axe finds that is serious or worse."""
        if not self._faults():
            return []
        self.page.wait_for_load_state("networkidle")  # a button may be there before the words on it
        return self._faults()

    def _faults(self) -> list[str]:
        found = Axe().run(self.page)
        return [
            f"{each['id']}: {each['help']} {[node['html'][:150] for node in each['nodes'][:3]]}"
            for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    def is_too_wide(self) -> bool:
        """Whether one must scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))

    def close(self) -> None:
        """Close the browser; nothing may have gone wrong in it."""
        assert self.page.locator("[data-testid=stException]").count() == 0
        assert self.failures == []
        self._context.close()
