"""The pages of who decides and who operates: charts and their numbers, monitoring, models, simulation."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import support
from tests.ui.browser import WIDE, Visitor, showing
from tests.ui.conftest import Visit

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG."""
CHARTS = (
    "Movies by release date",
    "Top 10 popular",
    "Average rating per genre",
    "Top 10 languages",
    "Top 10 by votes",
    "Rating distribution",
    "Events and likes per minute",
    "The long tail",
    "Taste over time",
)


@pytest.fixture
def operator(browser: Browser, home: Path) -> Iterator[tuple[Visitor, str]]:
    """A visitor of a Matinee of their own, which streams, and where its API is."""
    stream = support.start(home, "stream")
    try:
        with support.serving(home) as api, showing(home, api) as url:
            visitor = Visitor(browser, url, "1", size=WIDE, scheme="light")
            yield visitor, api
            visitor.close()
    finally:
        stream.terminate()
        stream.wait(support.SECONDS)


def test_every_chart_has_a_sentence_and_its_numbers_and_follows_the_filters(visit: Visit):
    visitor = visit("1").open("insights")
    page = visitor.page
    for title in CHARTS:
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(page.get_by_role("button", name=f"The numbers of: {title}")).to_be_visible()
    expect(page.locator("[data-testid=stVegaLiteChart] svg")).to_have_count(len(CHARTS))
    with page.expect_download() as download:
        page.get_by_role("button", name="The numbers of: Rating distribution").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert set(rows[0]) == {"rating", "ratings"}
    whole = sum(int(row["ratings"]) for row in rows)
    said = page.get_by_text(re.compile(r"Most often .* stars are given"))
    before = said.inner_text()
    genre = page.get_by_label("Genre", exact=True)
    genre.click()
    genre.press_sequentially("West")
    page.get_by_role("option", name="Western").click()
    expect(said).not_to_have_text(before)
    visitor.settled()
    page.get_by_label("Language", exact=True).click()
    page.get_by_role("option", name="English").click()
    expect(page).to_have_url(re.compile("language=English"))
    visitor.settled()
    with page.expect_download() as download:
        page.get_by_role("button", name="The numbers of: Rating distribution").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert 0 < sum(int(row["ratings"]) for row in rows) < whole


def test_simulated_people_are_started_from_the_page_and_trend(operator: tuple[Visitor, str]):
    visitor, api = operator
    page = visitor.open("trending").page
    page.get_by_role("button", name="Simulate people").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_text("5 minutes", exact=True).click()
    visitor.card(0).wait_for(timeout=120_000)
    expect(page.locator("ul.lines .spark").first).to_be_visible()
    expect(page.locator("ul.lines .note").first).to_contain_text("view")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Simulate people")).to_be_visible()
    states = {
        job["name"]: job["state"] for job in support.HTTP.get(f"{api}/v1/jobs", timeout=30).json()["jobs"]
    }
    assert states["simulate"] == "stopped"


def test_a_model_is_trained_activated_and_rolled_back_from_the_page(operator: tuple[Visitor, str]):
    visitor, api = operator

    def serving() -> str:
        return str(support.HTTP.get(f"{api}/v1/models", timeout=30).json()["serving"])

    first = serving()
    page = visitor.open("models").page
    expect(page.get_by_role("button", name="Roll back")).to_be_disabled()
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text("2 published;")).to_be_visible(timeout=180_000)
    support.await_until(lambda: serving() != first, "the new model is served")
    page.reload()
    visitor.settled()
    page.get_by_role("button", name="Activate").click()
    support.await_until(lambda: serving() == first, "the old model is served")
    page.get_by_role("button", name="Roll back").click()
    support.await_until(lambda: serving() != first, "the new model is served again")
    expect(page.get_by_role("heading", name="Figures")).to_be_visible()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def test_the_monitor_follows_by_itself(visit: Visit, api: str):
    visitor = visit("1").open("monitor")
    page = visitor.page
    likes = page.locator(".figures div").filter(has_text="Likes a minute")
    expect(likes).to_be_visible()
    liked = [{"type": "like", "user": f"monitored-{place}", "movie": "1"} for place in range(30)]
    receipt = support.HTTP.post(f"{api}/v1/events", json=liked, timeout=30).json()
    expect(page.get_by_text(f"log at {receipt['offset']}")).to_be_visible()
    expect(likes).to_contain_text(re.compile(r"[1-9]"))
    for name in (
        "Requests a second",
        "Latency p50",
        "p99",
        "Errors a second",
        "Stream behind",
        "Model's age",
    ):
        expect(page.locator(".figures div").filter(has_text=name).first).to_be_visible()
    for name in ("Live HR@10", "Busiest routes", "Rejected", "Warnings and errors"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_posters_come_from_the_local_folder_and_are_drawn_else(browser: Browser, api: str, tmp_path: Path):
    folder = tmp_path / "posters"
    folder.mkdir()
    (folder / "1.png").write_bytes(PIXEL)
    with showing(tmp_path, api, posters=folder) as url:
        visitor = Visitor(browser, url, "poster-fan", size=WIDE, scheme="dark")
        visitor.open("movie", movie="1")
        expect(visitor.page.locator("ul.wall img.there[src='/posters/1.png']")).to_be_visible()
        visitor.open("movie", movie="2")
        expect(visitor.page.locator("ul.wall .drawn-title").first).to_have_text("Jumanji")
        expect(visitor.page.locator("ul.wall img")).to_have_count(0)
        visitor.close()
