"""The address of a page says who watches and what was chosen: reload, Back and the bare address follow it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser import Visitor, send
from tests.ui.conftest import Visit


def watches(page: Page, user: str) -> None:
    expect(page.get_by_role("button", name=user)).to_be_visible()
    expect(page).to_have_url(re.compile(f"user={user}(&|$)"))


def watch_as(visitor: Visitor, user: str) -> None:
    visitor.page.get_by_role("button", name=visitor.user).click()
    visitor.page.get_by_label("Any user").fill(user)
    visitor.page.get_by_role("button", name="Watch as this user").click()


def test_back_leads_to_who_watched_before(visit: Visit):
    visitor = visit().open("people")
    other = f"{visitor.user}-too"
    watch_as(visitor, other)
    watches(visitor.page, other)
    visitor.settled().page.go_back()
    watches(visitor.page, visitor.user)
    assert visitor.settled().heading() == "People like me"
    visitor.page.go_forward()
    watches(visitor.page, other)


@pytest.mark.parametrize("odd", ["?user=a/b", "?user=x&user=y", ""])
def test_back_leads_past_an_address_of_nobody(visit: Visit, odd: str):
    visitor = visit().open("history")
    page = visitor.page
    page.evaluate("localStorage.clear()")
    page.goto(f"{visitor.url}/{odd}")
    expect(page).to_have_url(re.compile(r"user=(guest-|y$)"))
    visitor.settled()
    assert visitor.heading() == "For you"
    page.go_back()
    watches(page, visitor.user)
    assert visitor.settled().heading() == "History"


def test_a_name_with_spaces_around_it_is_that_user(visit: Visit, api: str):
    visitor = visit(" spaced ")
    send(api, [{"type": "view", "user": " spaced ", "movie": "1"}])
    visitor.open("history")
    expect(visitor.page.get_by_text("1 thing you did")).to_be_visible()


def test_the_choice_of_who_watches_closes_once_it_is_made(visit: Visit):
    page = visit().open().page
    page.get_by_role("button", name="guest-").click()
    before = page.url
    page.get_by_role("button", name="Be someone new").click()
    expect(page).not_to_have_url(before)
    expect(page.get_by_role("button", name="Be someone new")).to_be_hidden()


def test_who_comes_back_to_the_bare_address_is_who_was_here_last(visit: Visit):
    visitor = visit().open()
    visitor.page.goto(visitor.url)
    watches(visitor.settled().page, visitor.user)


@pytest.mark.parametrize("number", ["1e400", "inf", "99", "-1", "x", "9" * 5000])
def test_a_page_of_the_history_that_cannot_be_is_the_first(visit: Visit, api: str, number: str):
    visitor = visit()
    send(api, [{"type": "view", "user": visitor.user, "movie": str(movie)} for movie in range(1, 30)])
    visitor.open("history", page=number)
    expect(visitor.page.get_by_label("Page, 1 to 2")).to_have_value("1")


@pytest.mark.parametrize("nothing", ["window", "by"])
def test_an_empty_choice_is_the_usual_one(visit: Visit, nothing: str):
    page = visit().open("trending", **{nothing: ""}).page
    expect(page.locator("ul.lines > li, [data-testid=stAlert]").first).to_be_visible()
    expect(page.get_by_text("Input should be")).to_be_hidden()


def test_what_trends_is_chosen_in_the_address(visit: Visit):
    visitor = visit().open("trending")
    page = visitor.page
    page.get_by_text("a day", exact=True).click()
    page.get_by_text("Ratings", exact=True).click()
    for chosen in (r"window=a\+day", "by=Ratings"):
        expect(page).to_have_url(re.compile(chosen))
    visitor.settled()
    page.get_by_role("link", name="New here?").click()
    expect(page.get_by_role("heading", name="New here?")).to_be_visible()
    visitor.settled().page.go_back()
    for chosen in ("a day", "Ratings"):
        expect(page.get_by_role("radio", name=chosen)).to_be_checked()
    page.reload()
    for chosen in ("a day", "Ratings"):
        expect(page.get_by_role("radio", name=chosen)).to_be_checked()
