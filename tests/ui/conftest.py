"""One browser, and one page over one API, for all tests of the page in a process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from tests.ui.browser import WIDE, Visitor, chromium, showing

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def site(browser: Browser, api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real page over a real API; several tests act on it, each as a user of its own."""
    home: Path = tmp_path_factory.mktemp("page")
    with showing(home, api) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """A function that makes a visitor: by default someone new, on a wide screen, who likes it light."""
    made: list[Visitor] = []

    def make(user: str | None = None, *, size: dict[str, int] = WIDE, scheme: str = "light") -> Visitor:
        made.append(Visitor(browser, site, user or f"guest-{uuid4().hex[:8]}", size=size, scheme=scheme))
        return made[-1]

    yield make
    for visitor in made:
        visitor.close()
