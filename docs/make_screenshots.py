"""Draw docs/ui/: every page of the web page as a browser shows it, and a like that changes the wall.

Needs the system's Chromium and Noto's fonts. It makes a home of its own, loads MovieLens, trains, and lets
simulated people watch, so that there is something to see on every page.
"""

import io
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from matinee.app import open_matinee
from matinee.demo import PERSON, free_port, load_sample, running, show_page
from matinee.progress import silent
from matinee.settings import Settings

FOLDER = Path(__file__).parent / "ui"
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, NARROW = (1440, 960), (390, 844)
SHOTS = (
    # name, path, size, scheme, lowest pixel shown
    ("for-you", "", WIDE, "dark", 960),
    ("for-you-narrow", "", NARROW, "light", 844),
    ("new-here", "new-here?user=newcomer", WIDE, "light", 960),
    ("movie", "movie?movie=318", WIDE, "dark", 1500),
    ("search", "search?q=mtrix", WIDE, "light", 960),
    ("trending", "trending", WIDE, "dark", 960),
    ("people", "people", WIDE, "light", 1100),
    ("history", "history", WIDE, "light", 960),
    ("insights", "insights", WIDE, "light", 2950),
    ("insights-dark", "insights", WIDE, "dark", 960),
    ("monitor", "monitor", WIDE, "dark", 1300),
    ("models", "models", WIDE, "light", 1300),
)
SIMULATED_SECONDS = 40
"""So long simulated people watch before the pictures are taken: their first movies take a while."""


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """The addresses of a page and its API, with the sample, a model, and people who watch."""
    with tempfile.TemporaryDirectory(prefix="matinee-shots-") as home, open_matinee(Path(home)) as app:
        load_sample(app, silent)
        app.stream().drain()
        app.train(silent)
        settings: Settings = app.settings.with_(
            port=free_port(app.settings.host, app.settings.port),
            ui_port=free_port(app.settings.host, app.settings.ui_port),
            tmdb_posters=False,
        )
        with running(settings) as (api, supervisor):
            page = show_page(settings, supervisor)
            assert page is not None, "the page did not come"  # noqa: S101 - a script for whoever documents
            httpx.post(f"{api}/v1/jobs/simulate", json={"rate": 40, "minutes": 30}).raise_for_status()
            time.sleep(SIMULATED_SECONDS)
            app.train(silent)  # a second model, to stand beside the first
            yield page, api


def open_page(page: Page, url: str, path: str) -> None:
    """Open a page for PERSON, unless it says for whom, and wait until it is drawn."""
    joined = "&" if "?" in path else "?"
    page.goto(f"{url}/{path}" + ("" if "user=" in path else f"{joined}user={PERSON}"))
    page.locator("h1").first.wait_for()
    page.wait_for_function("!document.querySelector('[data-test-script-state=running]')")
    page.wait_for_timeout(1500)  # charts draw themselves


def shoot(url: str) -> None:
    """One picture of every page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, path, (width, height), scheme, lowest in SHOTS:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            open_page(page, url, path)
            page.set_viewport_size({"width": width, "height": lowest})
            page.wait_for_timeout(700)
            page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=82)
            page.close()
        animate(browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark"), url)
        browser.close()


def animate(page: Page, url: str) -> None:
    """A like that changes the wall of someone new, as a GIF."""
    frames: list[tuple[Image.Image, int]] = []

    def frame(milliseconds: int) -> None:
        shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        small = shown.resize((960, 960 * shown.height // shown.width), Image.Resampling.LANCZOS)
        frames.append((small.quantize(128), milliseconds))

    open_page(page, url, "?user=somebody-new")
    frame(1600)
    for place in (2, 1):
        like = page.locator("ul.wall > li").nth(place).locator("[data-kind=like]")
        like.hover()
        frame(900)
        told = page.get_by_text(re.compile("ms later"))
        before = told.inner_text() if told.count() else ""
        like.click()
        page.wait_for_function(
            "before => [...document.querySelectorAll('p')].some("
            "each => each.textContent.includes('ms later') && each.textContent !== before)",
            arg=before,
        )
        for _ in range(4):
            frame(60)
        page.wait_for_timeout(400)
        frame(2600)
    first, *rest = [image for image, _ in frames]
    first.save(
        FOLDER / "like.gif",
        save_all=True,
        append_images=rest,
        duration=[milliseconds for _, milliseconds in frames],
        loop=0,
        optimize=True,
    )
    page.close()


def main() -> None:
    """All of them."""
    FOLDER.mkdir(exist_ok=True)
    with demo() as (url, _):
        shoot(url)


main()
