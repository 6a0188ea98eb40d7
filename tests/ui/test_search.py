"""A movie is found by who plays in it, where that is known."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.support import HTTP, await_until
from tests.ui.conftest import Visit

FACTS: dict[str, Any] = {"title": "Loud Lagoon", "year": 2019, "people": ["Una Fjordal", "Pim *Okri*"]}


def test_a_movie_is_found_by_its_people_and_leads_to_them(visit: Visit, api: str):
    event = {"type": "movie", "movie": "with-people", "facts": FACTS}
    assert HTTP.post(f"{api}/v1/events", json=[event]).status_code == 202
    asked = f"{api}/v1/movies"
    await_until(
        lambda: bool(HTTP.get(asked, params={"q": "fjordal"}).json()["recommendations"]),
        "the catalogue knows the movie",
    )
    visitor = visit().open()
    page = visitor.page
    page.get_by_role("combobox", name=re.compile("Search movies")).focus()
    page.keyboard.type("fjodral")
    option = page.get_by_role("option", name=re.compile("Loud Lagoon"))
    expect(option).to_contain_text("with Una Fjordal")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Loud Lagoon", level=1).wait_for()
    assert not visitor.settled().faults()
    link = page.get_by_role("link", name="Pim *Okri*")
    assert link.get_attribute("href") == f"/search?q=Pim+%2AOkri%2A&user={visitor.user}"
    visitor.open("search", q="Pim *Okri*")
    visitor.card(0).wait_for()
    assert visitor.titles() == ["Loud Lagoon"]
    expect(page.get_by_text("With Pim *Okri*")).to_be_visible()
