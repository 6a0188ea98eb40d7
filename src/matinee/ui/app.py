"""The page itself, as Streamlit runs it: what is above every page, and the page asked for."""

from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from matinee.ui import acts
from matinee.ui.api import NoAnswerError
from matinee.ui.finder import finder
from matinee.ui.frame import no_answer
from matinee.ui.person import person, picker
from matinee.ui.screens import (
    for_you,
    history,
    insights,
    models,
    monitor,
    movie,
    new_here,
    people,
    search,
    trending,
)

_ASSETS = Path(__file__).parent / "assets"
_STYLE = (_ASSETS / "page.css").read_text()
_COLOURS = {"accent": "primaryColor", "on-accent": "backgroundColor", "raised": "secondaryBackgroundColor"}
"""The theme's names of the accent, of the words on a button in it, where Streamlit's own are too faint, and
of what lies under what is told."""


def _pages() -> list[st.Page]:
    return [
        _page(for_you, "for-you", "For you", icon=":material/local_movies:", default=True),
        _page(new_here, "new-here", "New here?", icon=":material/waving_hand:"),
        _page(trending, "trending", "Trending", icon=":material/trending_up:"),
        _page(people, "people", "People like me", icon=":material/group:"),
        _page(history, "history", "History", icon=":material/history:"),
        _page(insights, "insights", "Insights", icon=":material/bar_chart:"),
        _page(monitor, "monitor", "Monitor", icon=":material/monitor_heart:"),
        _page(models, "models", "Models", icon=":material/model_training:"),
        _page(movie, "movie", "Movie", visibility="hidden"),
        _page(search, "search", "Search", visibility="hidden"),
    ]


def _page(screen: ModuleType, path: str, title: str, **more: Any) -> st.Page:
    """A page with what is told above it; an act runs it anew, and not what is above every page."""

    @st.fragment
    def run() -> None:
        above = st.container(key="said")
        try:
            screen.page()
        except NoAnswerError as error:
            no_answer(error)
        with above:
            acts.show()

    return st.Page(run, title=title, url_path=path, **more)


_DAY = 24 * 3600.0


@st.fragment(run_every=_DAY)
def _run_again_after_a_break() -> None:
    """Nothing: while it is due, however late, Streamlit runs the page once it finds its server again."""


def _colours() -> str:
    theme = st.context.theme.type or "light"
    return " ".join(f"--{name}: {st.get_option(f'theme.{theme}.{of}')};" for name, of in _COLOURS.items())


def _query() -> str:
    """What the page was asked with, as of the last run of the whole: not what was filtered since."""
    asked = st.query_params
    return urlencode([(name, value) for name in asked for value in asked.get_all(name)], errors="replace")


def main() -> None:
    """One run."""
    st.set_page_config(page_title="Matinee", page_icon="🎟️", layout="wide")
    st.html(f"<style>:root {{ {_colours()} }}\n{_STYLE}</style>")
    st.logo(str(_ASSETS / "logo.svg"), size="large")
    page = st.navigation(_pages(), position="top")
    user = person()
    begun = f'data-page="{page.url_path}" data-user="{escape(user)}" data-query="{escape(_query())}"'
    st.html(f"<span {begun} hidden></span>")
    st.query_params["user"] = user
    with st.container(key="above"):
        search_box, who = st.columns([6, 1.3], vertical_alignment="center")
    with search_box:
        finder()
    with who:
        picker()
    _run_again_after_a_break()
    page.run()


main()
