"""Titles of every length and script, movies of which nothing else is known, and a history of ten thousand."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support import HTTP, await_until
from tests.ui.browser import NARROW, WIDE, send
from tests.ui.conftest import Visit

ODD: dict[str, dict[str, Any]] = {
    "odd-long": {
        "title": "Zzyzx " + "A Very Long Title of a Movie " * 6 + "with 200 characters",
        "genres": ["Drama"],
    },
    "__proto__": {"title": "Zzyzx" + "x" * 195},
    "odd-japanese": {"title": "Zzyzx 千と千尋の神隠し", "year": 2001, "genres": ["Animation"]},
    "odd-arabic": {"title": "Zzyzx وجدة", "year": 2012},
    "odd-markup": {"title": "Zzyzx <b>*bold*</b> [link](http://nowhere) $x^2$ `code`"},
    "odd-words": {"title": "Zzyzx -> <-> -- >= www.nowhere.org me@nowhere.org :material/home: :heart: # 1."},
    "..": {"title": "Zzyzx"},
}


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_odd_titles_are_shown_as_they_are_and_fit(visit: Visit, api: str, size: dict[str, int]):
    send(api, [{"type": "movie", "movie": movie, "facts": facts} for movie, facts in ODD.items()])
    asked = {"q": "zzyzx", "k": "100"}
    await_until(
        lambda: len(HTTP.get(f"{api}/v1/movies", params=asked).json()["recommendations"]) >= len(ODD),
        "the catalogue has the movies",
    )
    visitor = visit(size=size, scheme="dark").open("search", q="zzyzx")
    assert set(visitor.titles()) >= {facts["title"] for facts in ODD.values()}
    assert not visitor.is_too_wide()
    assert not visitor.faults()
    for movie, facts in ODD.items():
        visitor.open("movie", movie=movie)
        year = f" ({facts['year']})" if "year" in facts else ""
        assert visitor.heading().replace("\u2060", "") == f"{facts['title']}{year}"
        assert visitor.page.locator("h1 a").count() == 0
        assert not visitor.is_too_wide(), movie


def test_who_can_be_no_user_is_told_so_and_is_someone_new(visit: Visit):
    visitor = visit("a/b").open()
    expect(visitor.page.get_by_test_id("stToast")).to_contain_text("no slash")
    expect(visitor.page).to_have_url(re.compile(r"user=guest-"))


def test_a_history_of_ten_thousand_is_paged_and_a_list_is_made_of_it(visit: Visit, api: str):
    visitor = visit()
    moment = 1_700_000_000
    events = [
        {
            "type": "view",
            "user": visitor.user,
            "movie": str(1 + place % 50),
            "at": moment + place,
            "value": 0.9,
        }
        for place in range(10_000)
    ]
    for start in range(0, len(events), 5_000):
        send(api, events[start : start + 5_000])
    visitor.open("history")
    expect(visitor.page.get_by_text("10,000 things you did")).to_be_visible()
    number = visitor.page.get_by_label("Page, 1 to 500")
    number.fill("500")
    number.press("Enter")
    expect(visitor.page.get_by_text("14 November 2023, 22:13 UTC").last).to_be_visible()
    visitor.settled().card(0).locator(".title").click()
    expect(number).to_be_hidden()
    visitor.settled().page.go_back()
    expect(number).to_have_value("500")
    expect(visitor.page.get_by_text("14 November 2023, 22:13 UTC").last).to_be_visible()
    visitor.open()
    expect(visitor.page.get_by_text("Made of everything you did")).to_be_visible()
    visitor.card(0).wait_for()
