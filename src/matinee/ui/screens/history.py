"""History: what the user did, newest first, each entry to be changed or taken back."""

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Literal

import streamlit as st

from matinee.ui import acts
from matinee.ui.api import Json, api
from matinee.ui.frame import heading
from matinee.ui.person import person
from matinee.ui.wall import Shown, wall

_MOST = 20
_PAGE = "page"
_DIGITS = 9
"""Of the number of a page: Streamlit fails at one that is no finite number."""


def page() -> None:
    """The page."""
    heading("History")
    act = acts.since()
    asked = partial(api().get, "users", person(), "history", after=act and act["offset"])
    total = asked(k=1)["total"]
    st.markdown(_said(total))
    which, last = st.columns([4, 1], vertical_alignment="bottom")
    with which:
        number = _number(max(-(-total // _MOST), 1))
    with last:
        acts.undo_button()
    if total:
        _lines(asked(k=_MOST, offset=(number - 1) * _MOST)["history"])


def _number(pages: int) -> int:
    """Which page, one of so many."""
    if pages == 1:
        return 1
    asked = st.query_params.get(_PAGE, "1")
    bind: Literal["query-params"] | None = "query-params"
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= _DIGITS):
        bind = None
        del st.query_params[_PAGE]
    if st.session_state.get(_PAGE, 1) > pages:
        st.session_state[_PAGE] = pages
    return int(st.number_input(f"Page, 1 to {pages:,}", 1, pages, key=_PAGE, bind=bind, width=160))


def _said(total: int) -> str:
    if not total:
        return "Nothing yet. What you like, rate or watch is here a moment later."
    return (
        f"{total:,} thing{'s' if total != 1 else ''} you did, newest first. Your list is made of these alone."
    )


def _lines(entries: list[Json]) -> None:
    names = _names(entries)
    by_name = dict(zip(names, entries, strict=True))

    def on_act(act: acts.Act) -> None:
        entry = by_name.get(act.of or "")
        if entry is None:  # a second press, on what the first took away
            return
        beside = [each for each in entries if each is not entry and _moment(each) == _moment(entry)]
        if act.kind == "remove":
            acts.remove([entry, *beside], act.id)
        elif act.value is not None:
            acts.change(entry, act.value, beside, act.id)

    wall(
        entries,
        "history",
        label="What you did, newest first",
        layout="lines",
        actions=("rate", "remove"),
        shown=lambda place, entry: Shown(note=_note(entry), of=names[place]),
        on_act=on_act,
    )


def _moment(entry: Json) -> tuple[str, str]:
    return entry["movie"], entry["at"]


def _names(entries: list[Json]) -> list[str]:
    """A name for each, which stays its own when others come and go. Only those alike in all are numbered."""
    seen: Counter[str] = Counter()
    names = []
    for entry in entries:
        what = f"{entry['movie']} {entry['at']} {entry['type']} {entry['value']}"
        names.append(f"{what} {seen[what]}")
        seen[what] += 1
    return names


def _note(entry: Json) -> str:
    at, value = datetime.fromisoformat(entry["at"]), entry["value"]
    said = acts.done_as(entry["type"]).capitalize()
    if value is not None and entry["type"] in ("rating", "review"):
        said += f" {value:g} ★"
    elif value is not None:
        said += f" {value:.0%} of it" if value <= 1 else f" for {value / 60:.0f} minutes"
    return f"{said} · {at:%-d %B %Y, %H:%M} UTC"
