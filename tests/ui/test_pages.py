"""Every page, on wide and narrow screens, light and dark: it is there, fits, and everyone can use it."""

import pytest
from playwright.sync_api import expect

from tests.ui.browser import NARROW, PAGES, WIDE
from tests.ui.conftest import Visit

WITH_A_WALL = ("", "new-here", "history", "search")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_every_page_is_there_and_fits_and_has_no_serious_fault(
    visit: Visit, size: dict[str, int], scheme: str
):
    visitor = visit("1", size=size, scheme=scheme)
    told = {}
    for path, heading in PAGES.items():
        visitor.open(path, movie="1", q="story")
        assert visitor.heading() == heading
        if path in WITH_A_WALL:
            visitor.card(0).wait_for()
        assert not visitor.is_too_wide(), path
        if faults := visitor.faults():
            told[path] = faults
    assert not told


def test_every_page_is_reached_from_the_navigation(visit: Visit):
    visitor = visit("1").open()
    named = [heading for path, heading in PAGES.items() if path not in ("", "movie", "search")]
    for heading in (*named, PAGES[""]):
        visitor.page.get_by_role("link", name=heading).first.click()
        visitor.page.get_by_role("heading", name=heading, level=1).wait_for()
        visitor.settled()
        assert f"user={visitor.user}" in visitor.page.url
    visitor.page.go_back()
    visitor.page.get_by_role("heading", name=named[-1], level=1).wait_for()


def test_on_a_phone_the_menu_makes_room_for_what_was_chosen(visit: Visit):
    visitor = visit("1", size=NARROW).open()
    page = visitor.page
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Trending").click()
    page.get_by_role("heading", name="Trending", level=1).wait_for()
    expect(page.get_by_role("link", name="History")).not_to_be_in_viewport()
