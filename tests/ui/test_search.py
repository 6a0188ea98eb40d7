"""A movie is found by who plays in it, where that is known."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.support import HTTP, await_until
from tests.ui.conftest import Visit

FACTS: dict[str, Any] = {"title": "Quiet Harbour", "year": 2019, "people": ["Ann Zwicky", "Bo *Quill*"]}


def test_a_movie_is_found_by_its_people_and_leads_to_them(visit: Visit, api: str):
    event = {"type": "movie", "movie": "with-people", "facts": FACTS}
    assert HTTP.post(f"{api}/v1/events", json=[event]).status_code == 202
    asked = f"{api}/v1/movies"
    await_until(
        lambda: bool(HTTP.get(asked, params={"q": "zwicky"}).json()["recommendations"]),
        "the catalogue knows the movie",
    )
    visitor = visit().open()
    page = visitor.page
    page.get_by_role("combobox", name=re.compile("Search movies")).focus()
    page.keyboard.type("zwciky")
    option = page.get_by_role("option", name=re.compile("Quiet Harbour"))
    expect(option).to_contain_text("with Ann Zwicky")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Quiet Harbour", level=1).wait_for()
    assert not visitor.faults()
    link = page.get_by_role("link", name="Bo *Quill*")
    assert link.get_attribute("href") == f"/search?q=Bo+%2AQuill%2A&user={visitor.user}"
    visitor.open("search", q="Bo *Quill*")
    visitor.card(0).wait_for()
    assert visitor.titles() == ["Quiet Harbour"]
    expect(page.get_by_text("With Bo *Quill*")).to_be_visible()
