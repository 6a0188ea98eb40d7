"""The web page as someone in front of a browser has it: how long until it is there, and until an act shows.

A page is opened in three ways: by a browser that has never seen it, with nothing kept; by one that has, in a
new tab; and by a click from another page, as most are. It is there in the first frame in which its heading
and its first poster or chart are seen, or what it says where there is none. An act's clock runs in the
browser, from the click until what is shown has changed. The rival is the usual Streamlit page over the same
API, with the same 24 movies; the two are opened in turns, so that both have the machine as it is.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import httpx
import numpy as np
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, ViewportSize, sync_playwright

from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.machine import CHECKOUT
from benchmarks.result import Result
from benchmarks.server import Server, environment, free_port

RIVAL = "the usual Streamlit page"
_CHROMIUM = shutil.which("chromium")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_SCREEN: ViewportSize = {"width": 1440, "height": 900}
_OPENINGS, _ACTS = 10, 60
_OPEN_GOAL, _ACT_GOAL = 1.5, 300.0
_WALL = "ul.wall > li"
_CHART = "[data-testid=stVegaLiteChart] svg"
_PAGES = {
    "For you": ("", "[aria-label='Recommended for you'] > li"),
    "New here?": ("new-here", "[aria-label='Your list so far'] > li"),
    "Trending": ("trending", "ul.lines[aria-label*=' in '] > li, [data-testid=stAlert]"),
    "People like me": ("people", "[data-testid=stProgress]"),
    "History": ("history", "[aria-label^='What you did'] > li"),
    "Movie": ("movie", "[aria-label='This movie'] > li"),
    "Search": ("search", "[aria-label='Movies found'] > li"),
    "Insights": ("insights", _CHART),
    "Monitor": ("monitor", ".figures div"),
    "Models": ("models", ".stHtml table"),
}
"""Of each page its path, and what must be seen for it to be there."""
_USUAL_PAGES = {"For you": ("", "strong")}
_LINKED = [name for name in _PAGES if name not in ("Movie", "Search")]
"""The pages whose names stand above every page."""
_PAUSE = 250
"""Milliseconds between two things that a person does."""
_IS_THERE = """
([heading, drawn]) => {
  const isSeen = each => each?.checkVisibility({opacityProperty: true, visibilityProperty: true});
  const walls = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')];
  const title = document.querySelector('h1');
  const wasThere = window.isThere;
  window.isThere = isSeen(title) && (!heading || title.textContent === heading)
    && [document, ...walls.map(each => each.shadowRoot)].some(root => isSeen(root?.querySelector(drawn)));
  return wasThere && window.isThere;
}
"""
"""Asked in every frame, and true once one with it has been painted. Playwright's own waiting asks only twice
a second once a page takes long."""
_ACT = """
async ([place, kind]) => {
  const walls = [...document.querySelectorAll('*')].map(each => each.shadowRoot).filter(Boolean);
  const root = walls.find(each => each.querySelector('ul.wall'));
  const shown = () => [...root.querySelectorAll('.title')].map(each => each.textContent).join('|');
  const told = () => document.querySelector('.st-key-told')?.textContent.match(/.*ms later/)?.[0] || '';
  const before = [shown(), told()];
  const card = root.querySelectorAll('ul.wall > li')[place];
  const started = performance.now();
  card.querySelector(`[data-kind=${kind}]`).click();
  const until = started + 20000;
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    if (shown() !== before[0] && told() !== before[1]) return performance.now() - started;
  }
  return null;
}
"""
_USUAL_ACT = """
async ([place, kind]) => {
  const shown = () => [...document.querySelectorAll('strong')].map(each => each.textContent).join('|');
  const buttons = [...document.querySelectorAll('button')].filter(each => each.innerText.trim() === kind);
  const before = shown(), started = performance.now(), until = started + 20000;
  buttons[place].click();
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    if (shown() !== before) return performance.now() - started;
  }
  return null;
}
"""


Seconds = dict[str, list[float]]
"""Until a page was there, by its name."""


class Site(NamedTuple):
    """Where pages are, and of each by its name its path and what must be seen for it to be there."""

    url: str
    pages: dict[str, tuple[str, str]]


class Timed(NamedTuple):
    """Of pages seen first, again, and come to by a click; the milliseconds until an act showed."""

    opened: Seconds
    again: Seconds
    reached: Seconds
    acts: list[float]


def run(context: Context) -> list[Result]:
    """Every page, and acts on the wall."""
    usual = ["-m", "streamlit", "run", str(CHECKOUT / "benchmarks/rivals/usual_page.py")]
    with (
        context.matinee() as server,
        _shown(context, server, ["-m", "matinee", "ui"], "MATINEE_UI_PORT") as url,
        _shown(context, server, usual, "STREAMLIT_SERVER_PORT") as usual_url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        sites = (Site(url, _PAGES), Site(usual_url, _USUAL_PAGES))
        opened = _openings(context, browser, sites)
        again = _again(context, playwright.chromium, sites)
        reached: tuple[Seconds, Seconds] = (_moves(context, browser, url), {})
        acts = (_acts(context, browser, url), _usual_acts(context, browser, usual_url))
        browser.close()
    ours, theirs = (Timed(*each) for each in zip(opened, again, reached, acts, strict=True))
    return _results(context, ours, theirs)


@contextmanager
def _shown(context: Context, server: Server, arguments: list[str], port_name: str) -> Iterator[str]:
    """A page over `server`, once it is up."""
    api, port = f"http://127.0.0.1:{server.port}", free_port()
    given = {
        port_name: str(port),
        "MATINEE_API": api,
        "MATINEE_TMDB_POSTERS": "false",
        "USUAL_API": api,
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**environment(context.folder), **given},
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_up(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _await_up(url: str, process: "subprocess.Popen[bytes]", seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/_stcore/health").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise BenchmarkError(f"{process.args!r} did not come up at {url}")


def _openings(context: Context, browser: Browser, sites: Sequence[Site]) -> list[Seconds]:
    """Seconds until each page is there in a browser that has never seen it, round after round."""

    def opened(url: str, drawn: str) -> float:
        with browser.new_context(viewport=_SCREEN) as fresh:
            return _opened(fresh, url, drawn)

    return _timed(context, sites, range(context.some(_OPENINGS)), opened)


def _again(context: Context, chromium: BrowserType, sites: Sequence[Site]) -> list[Seconds]:
    """The same in a browser that keeps what it was given, and has seen each page once."""
    with (
        tempfile.TemporaryDirectory(dir=context.folder) as profile,
        chromium.launch_persistent_context(
            profile, executable_path=_CHROMIUM, args=_FLAGS, viewport=_SCREEN
        ) as kept,
    ):
        opened = partial(_opened, kept)
        _timed(context, sites, range(1), opened)
        return _timed(context, sites, range(1, 1 + context.some(_OPENINGS)), opened)


def _timed(
    context: Context, sites: Sequence[Site], rounds: Iterable[int], opened: Callable[[str, str], float]
) -> list[Seconds]:
    times: list[Seconds] = [{} for _ in sites]
    for place in rounds:
        asked = f"user={context.users[place]}&movie={context.movies[place]}&q=story"
        for site, seconds in zip(sites, times, strict=True):
            for name, (path, drawn) in site.pages.items():
                seconds.setdefault(name, []).append(opened(f"{site.url}/{path}?{asked}", drawn))
    return times


def _opened(browser: BrowserContext, url: str, drawn: str) -> float:
    """Seconds until `url` is there in a new tab."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(_IS_THERE, arg=[None, drawn])
    took = time.perf_counter() - started
    page.close()
    return took


def _moves(context: Context, browser: Browser, url: str) -> Seconds:
    """From the click on a page's name until it is there, round after round in one browser."""
    page = browser.new_page(viewport=_SCREEN)
    times: Seconds = {}
    page.goto(f"{url}/history?user={context.users[0]}")
    page.wait_for_function(_IS_THERE, arg=["History", _PAGES["History"][1]])
    for _ in range(context.some(_OPENINGS)):
        for name in _LINKED:
            link = page.get_by_role("link", name=name, exact=True)
            page.evaluate("window.isThere = false")  # the page before was
            started = time.perf_counter()
            link.click()
            page.wait_for_function(_IS_THERE, arg=[name, _PAGES[name][1]])
            times.setdefault(name, []).append(time.perf_counter() - started)
            page.wait_for_timeout(_PAUSE)
    page.close()  # it would go on asking while something else is measured
    return times


def _acts(context: Context, browser: Browser, url: str) -> list[float]:
    """Milliseconds of likes, dislikes and views, each on the wall that the one before left."""
    page = browser.new_page(viewport=_SCREEN)
    page.goto(f"{url}/?user={context.users[-1]}")
    page.locator(_WALL).first.wait_for()
    times = [_act(page, _ACT, [place % 5, _kind(place)]) for place in range(context.some(_ACTS))]
    page.close()
    return times


def _usual_acts(context: Context, browser: Browser, url: str) -> list[float]:
    """The same on the usual page."""
    page = browser.new_page(viewport=_SCREEN)
    page.goto(f"{url}/?user={context.users[-2]}")
    page.get_by_role("button", name="view").nth(23).wait_for()
    times = [_act(page, _USUAL_ACT, [place % 5, _kind(place)]) for place in range(context.some(_ACTS))]
    page.close()
    return times


def _act(page: Page, script: str, given: list[Any]) -> float:
    taken = page.evaluate(script, given)
    if taken is None:
        raise BenchmarkError(f"an act showed nothing within 20 s: {given}")
    page.wait_for_timeout(_PAUSE)
    return float(taken)


def _kind(place: int) -> str:
    return ("like", "dislike", "view")[place % 3]


def _results(context: Context, ours: Timed, theirs: Timed) -> list[Result]:
    known: dict[str, Any] = {
        "rival": RIVAL,
        "data": context.data,
        "command": "make bench ARGS=page",
    }
    ways = (
        ("opens for the first time", ours.opened, theirs.opened),
        ("opens again", ours.again, theirs.again),
        ("opens from another page", ours.reached, theirs.reached),
    )
    rows = [
        Result(
            figure=f"{name} {way}, p95",
            value=float(np.percentile(seconds, 95)),
            unit="s",
            goal=_OPEN_GOAL,
            rival_value=float(np.percentile(usual[name], 95)) if name in usual else "no such page",
            note=_medians(way, pages),
            **known,
        )
        for way, pages, usual in ways
        for name, seconds in pages.items()
    ]
    return rows + [
        Result(
            figure=f"an act shows on the wall, {name}",
            value=float(np.percentile(ours.acts, share)),
            unit="ms",
            goal=goal,
            rival_value=float(np.percentile(theirs.acts, share)),
            note=f"{len(ours.acts)} likes, dislikes, views, from the click until the wall has changed",
            **known,
        )
        for name, share, goal in (("p50", 50, None), ("p95", 95, _ACT_GOAL))
    ]


def _medians(way: str, pages: Seconds) -> str:
    """What is the same for all rows of one way is said once."""
    each = ", ".join(f"{name} {np.percentile(seconds, 50):.2f}" for name, seconds in pages.items())
    return f"{way}, p50 in seconds of {len(next(iter(pages.values())))}: {each}"
