"""What a person does on the page: each act is an event in the log, and the page follows at once."""

import re
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Position, expect

from tests.support import HTTP, await_until, free_port
from tests.ui.browser import NARROW, WIDE, Visitor, killed, send
from tests.ui.conftest import Visit


def history(api: str, visitor: Visitor) -> list[tuple[str, str, Any]]:
    found = HTTP.get(f"{api}/v1/users/{visitor.user}/history", timeout=30).json()["history"]
    return [(each["type"], each["title"], each["value"]) for each in found]


def told(visitor: Visitor, text: str) -> None:
    """Wait until the page says that this was done, and in how many milliseconds it showed."""
    expect(visitor.page.get_by_text(re.compile(rf"{re.escape(text)}.*\d+ ms later"))).to_be_visible()
    visitor.settled()


def test_a_like_changes_the_wall_at_once_and_undo_brings_it_back(visit: Visit, api: str):
    visitor = visit().open()
    expect(visitor.page.get_by_text("What everybody likes")).to_be_visible()
    visitor.card(0).wait_for()
    before = visitor.titles()
    liked = visitor.act(1, "like")
    told(visitor, f"Liked {liked}")
    assert history(api, visitor) == [("like", liked, None)]
    after = visitor.titles()
    assert liked not in after
    assert after != before
    expect(visitor.page.locator(".poster .move").first).to_be_visible()
    expect(visitor.page.locator(".why").first).to_contain_text("you liked")
    visitor.page.get_by_role("button", name="Undo").click()
    told(visitor, f"Undone: liked {liked}")
    assert history(api, visitor) == []
    assert visitor.titles() == before
    expect(visitor.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_however_quickly_one_presses_each_press_counts_once(visit: Visit, api: str):
    visitor = visit().open()
    visitor.card(4).wait_for()
    titles = visitor.titles()[:5]
    hearts = visitor.page.locator("ul.wall [data-kind=like]")
    hearts.evaluate_all("all => all.slice(0, 5).forEach((each) => { each.click(); each.click(); })")
    await_until(lambda: len(history(api, visitor)) == len(titles), "all are there")
    assert {title for _, title, _ in history(api, visitor)} == set(titles)
    expect(visitor.page.locator("li.busy")).to_have_count(0)
    undo = visitor.page.get_by_role("button", name="Undo")

    def are_left(count: int) -> bool:
        return len(history(api, visitor)) == count

    for left in reversed(range(len(titles))):
        undo.click()
        await_until(partial(are_left, left), f"all but {left} are undone")
        visitor.settled()


def test_what_is_done_while_the_page_starts_anew_counts_once(browser: Browser, api: str, tmp_path: Path):
    port = free_port()
    with killed(tmp_path, api, port) as url:
        visitor = Visitor(browser, url, "patient", size=WIDE, scheme="light").open()
        visitor.card(0).wait_for()
    title = visitor.act(0, "like")
    expect(visitor.page.locator("li.busy")).to_have_count(1)
    with killed(tmp_path, api, port):
        told(visitor, f"Liked {title}")
        expect(visitor.page.locator("li.busy")).to_have_count(0)
        assert history(api, visitor) == [("like", title, None)]
        visitor.close()


def test_dislike_watched_and_stars(visit: Visit, api: str):
    visitor = visit().open()
    disliked = visitor.act(0, "dislike")
    told(visitor, f"Disliked {disliked}")
    watched = visitor.act(0, "view")
    told(visitor, f"Watched {watched}")
    card, rated = visitor.card(2), visitor.title(2)
    card.locator("[data-kind=rate]").click()
    slider = card.get_by_label(re.compile("Stars for"))
    expect(slider).to_be_focused()
    slider.press("Enter")  # none is chosen yet
    expect(card.locator(".stars-told")).to_have_text("")
    for _ in range(3):
        slider.press("ArrowRight")
    slider.press("Enter")
    told(visitor, f"Rated {rated} 4.5 stars")
    assert history(api, visitor) == [
        ("rating", rated, 4.5),
        ("view", watched, None),
        ("dislike", disliked, None),
    ]


def test_stars_are_those_under_the_pointer_and_a_double_click_gives_none(visit: Visit, api: str):
    visitor = visit()
    send(api, [{"type": "like", "user": visitor.user, "movie": "1"}])
    card = visitor.open("history").card(0)
    card.locator("[data-kind=rate]").dblclick()  # the stars open under the pointer
    slider = card.get_by_label(re.compile("Stars for"))
    at: Position = {"x": 0.65 * slider.evaluate("slider => slider.clientWidth"), "y": 5}
    slider.hover(position=at)
    expect(card.locator(".stars-told")).to_have_text("3.5")
    assert history(api, visitor) == [("like", "Toy Story", None)]
    slider.click(position=at)
    expect(visitor.page.get_by_text("Rated 3.5 ★")).to_be_visible()
    assert history(api, visitor) == [("rating", "Toy Story", 3.5), ("like", "Toy Story", None)]


def test_the_filters_and_the_slider_change_the_list(visit: Visit):
    visitor = visit("1").open()
    page = visitor.page
    page.get_by_label("Genre", exact=True).click()
    page.get_by_role("option", name="Horror").click()
    expect(page.locator("ul.wall .genres").filter(has_not_text="Horror")).to_have_count(0)
    visitor.settled()
    calm = visitor.titles()
    slider = page.get_by_role("slider", name="From safest to most varied")
    slider.focus()
    slider.press("End")
    expect(page.locator("ul.wall .title")).not_to_have_text(calm)
    expect(page.locator("ul.wall .title")).to_have_count(len(calm))
    visitor.settled()
    varied = visitor.titles()
    page.reload()
    expect(page.locator("ul.wall .title")).to_have_text(varied)
    visitor.card(0).locator(".title").click()
    page.get_by_role("heading", name=varied[0], level=1).wait_for()
    page.go_back()
    expect(page.locator("ul.wall .title")).to_have_text(varied)


def test_who_is_new_sees_the_list_sharpen(visit: Visit):
    visitor = visit(size=NARROW).open("new-here")
    page = visitor.page
    expect(page.get_by_text("Movies that many know")).to_be_visible()
    title = visitor.act(0, "like")
    told(visitor, f"Liked {title}")
    expect(page.get_by_text("Your own list now")).to_be_visible()
    said = page.locator(".figures div").filter(has_text="Your events")
    expect(said).to_contain_text("1")
    alone = page.locator(".figures div").filter(has_text="Not on everybody's list")
    expect(alone).to_contain_text(re.compile(r"[1-9]\d* of 24"))
    taste = page.locator(".strengths div").first
    expect(taste).to_have_text(re.compile(r"^\D+(0\.\d\d|1\.00)$"))
    bar, whole = (
        taste.locator(each).evaluate("each => each.clientWidth") for each in ("span", "dd:last-child")
    )
    assert abs(bar - float(taste.locator("dt + dd").inner_text()) * whole / 2) < 2


def test_a_history_is_changed_and_taken_back(visit: Visit, api: str):
    visitor = visit()
    at = "2026-01-02T20:15:00.5Z"
    for type_, movie, value in (("rating", "1", 2.0), ("like", "1", None), ("like", "50", None)):
        event = {"type": type_, "user": visitor.user, "movie": movie, "at": at}
        sent = HTTP.post(f"{api}/v1/events", json=event if value is None else event | {"value": value})
        assert sent.status_code == 202
    visitor.open("history")
    page = visitor.page
    lines = page.locator("ul.lines > li")
    expect(lines).to_have_count(3)
    entry = lines.filter(has_text="Rated 2 ★ · 2 January 2026")
    expect(entry).to_contain_text("Toy Story")
    entry.locator("[data-kind=rate]").click()
    slider = entry.get_by_label(re.compile("Stars for"))
    expect(slider).to_have_value("2")
    slider.press("End")
    slider.press("Enter")
    expect(lines.filter(has_text="Rated 5 ★")).to_be_visible()
    likes = [("like", "Toy Story", None), ("like", "The Usual Suspects", None)]
    assert history(api, visitor) == [("rating", "Toy Story", 5.0), *likes]
    lines.filter(has_text="Usual Suspects").locator("[data-kind=remove]").click()
    expect(lines).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(lines).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(lines.filter(has_text="Rated 2 ★")).to_be_visible()
    lines.filter(has_text="Rated 2 ★").locator("[data-kind=remove]").click()
    expect(page.get_by_text("took back: rated Toy Story 2 stars and liked Toy Story")).to_be_visible()
    expect(lines).to_have_count(1)
    lines.locator("[data-kind=remove]").dblclick()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(lines).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(lines).to_have_count(3)
    assert set(history(api, visitor)) == {*likes, ("rating", "Toy Story", 2.0)}


def test_search_suggests_while_one_types_and_forgives_by_keyboard_alone(visit: Visit):
    visitor = visit("1").open()
    page = visitor.page
    box = page.get_by_role("combobox", name=re.compile("Search movies"))
    box.focus()
    page.keyboard.type("shawshnk redemtion")
    expect(page.get_by_role("option", name=re.compile("Shawshank Redemption"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Shawshank Redemption", level=1).wait_for()
    visitor.settled()
    box.focus()
    page.keyboard.type("story toy")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Search", level=1).wait_for()
    expect(page.locator("ul.wall .title").first).to_have_text("Toy Story")
    visitor.act(0, "view")
    expect(page.get_by_text("watched Toy Story")).to_be_visible()
    expect(page.locator("li.busy")).to_have_count(0)  # though the wall stays the same
    visitor.card(0).locator(".title").click()
    page.get_by_role("heading", name="Toy Story", level=1).wait_for()
    for heading in ("Search", "Shawshank Redemption", "For you"):
        page.go_back()
        page.get_by_role("heading", name=heading, level=1).wait_for()
    for heading in ("Shawshank Redemption", "Search"):
        page.go_forward()
        page.get_by_role("heading", name=heading, level=1).wait_for()
    expect(page.locator("ul.wall .title").first).to_have_text("Toy Story")
    expect(page).to_have_url(re.compile(r"/search\?.*q=story.toy"))


def test_a_movie_says_whether_one_would_like_it(visit: Visit):
    visitor = visit("1").open()
    page = visitor.page
    title = visitor.title(0)
    visitor.card(0).locator(".title").click()
    page.get_by_role("heading", name=title, level=1).wait_for()
    visitor.settled()
    expect(page.get_by_text(re.compile(r"Of [\d,]+ movies .* number \d"))).to_be_visible()
    for section in (
        "Would I like it?",
        "Its ratings",
        "Its trend",
        "Liked by the same people",
        "Who likes it",
    ):
        expect(page.get_by_role("heading", name=section)).to_be_visible()
    page.get_by_label(f"Like {title}").first.click()
    expect(page.get_by_text("You liked it.")).to_be_visible()


def test_what_trends_is_acted_upon_and_leads_to_its_page(visit: Visit):
    visitor = visit().open("trending")
    visitor.page.get_by_text("Ratings", exact=True).click()
    expect(visitor.page.get_by_label("Ratings in an hour")).to_be_visible()
    title = visitor.act(0, "like")
    expect(visitor.page.get_by_text(f"liked {title}")).to_be_visible()
    title = visitor.title(0)
    visitor.card(0).locator(".title").click()
    visitor.page.get_by_role("heading", name=title, level=1).wait_for()


def test_people_share_movies_and_pass_others_on(visit: Visit):
    visitor = visit("1").open("people")
    page = visitor.page
    expect(page.get_by_text(re.compile(r"You both liked .+")).first).to_be_visible()
    expect(page.get_by_text("Would pass on to you").first).to_be_visible()
    nearest = page.get_by_role("heading", level=3).first.inner_text()
    page.get_by_role("button", name="Watch as").first.click()
    expect(page).to_have_url(re.compile(rf"user={nearest}(&|$)"))
    visitor.settled()


def test_by_keyboard_the_focus_stays_where_one_acted_and_in_sight(visit: Visit):
    visitor = visit().open()
    card = visitor.card(15)
    for kind in ("like", "rate"):
        title = visitor.title(15)
        card.locator(f"[data-kind={kind}]").focus()
        visitor.page.keyboard.press("Enter")
        if kind == "rate":
            card.get_by_label(re.compile("Stars for")).press("ArrowRight")
            visitor.page.keyboard.press("Enter")
        expect(card.locator(".title")).not_to_have_text(title)
        visitor.settled()
        expect(card.locator(f"[data-kind={kind}]")).to_be_focused()
        expect(card.locator(f"[data-kind={kind}]")).to_be_in_viewport()


def test_two_browsers_do_not_see_each_others_user(visit: Visit, api: str):
    one, other = visit().open(), visit().open()
    liked = one.act(0, "like")
    told(one, f"Liked {liked}")
    disliked = other.act(0, "dislike")
    told(other, f"Disliked {disliked}")
    assert [each[0] for each in history(api, one)] == ["like"]
    assert [each[0] for each in history(api, other)] == ["dislike"]
    one.page.get_by_role("button", name=one.user).click()
    one.page.get_by_label("Any user").fill("somebody else")
    one.page.get_by_role("button", name="Watch as this user").click()
    expect(one.page).to_have_url(re.compile("user=somebody"))
    assert f"user={other.user}" in other.page.url
    other.page.reload()
    expect(other.page.get_by_role("button", name=other.user)).to_be_visible()
