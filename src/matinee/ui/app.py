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

_LOGO = Path(__file__).parent / "assets" / "logo.svg"
_STYLE = """
<style>
.stMainBlockContainer { max-width: 86rem; }
.stElementContainer { opacity: 1 !important; transition: none !important; }
h1 { overflow: clip; overflow-clip-margin: 0.5rem; }
[data-testid=stTopNavLink]:focus-visible, [data-testid=stSidebarNavLink]:focus-visible {
  outline: 2px solid currentColor; outline-offset: 1px; }
.stMarkdown p { max-width: 46rem; }
[data-testid=stBaseButton-primary], [data-testid=stBaseButton-primaryFormSubmit] { color: %(on_accent)s; }
div:has(> .st-key-told), div:has(> .st-key-said) { position: sticky; top: 3.75rem; z-index: 9; }
.st-key-said .stAlert { background: %(raised)s; border-radius: 6px; }
.st-key-told p { max-width: none; }
.st-key-told { padding: 0.4rem 0.9rem; background: %(raised)s; border-radius: 6px;
  box-shadow: 0 2px 10px rgb(0 0 0 / 18%%); }
.stHtml dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem;
  margin: 0; padding: 0; }
.figures div { padding: 0.75rem 1rem; border-radius: 6px;
  border: 1px solid color-mix(in srgb, currentColor 22%%, transparent); }
.figures dt { font-size: 0.875rem; }
.stHtml dl.strengths { margin: 0; padding: 0; }
.strengths div { display: grid; grid-template-columns: 6.5rem 2.5rem 1fr; gap: 0.75rem; font-size: 0.875rem; }
.stHtml .strengths dd { margin: 0; padding: 0; }
.strengths dt + dd { text-align: end; font-variant-numeric: tabular-nums; }
.strengths dd:last-child { background: linear-gradient(currentColor 0 0) center / 1px 100%% no-repeat; }
.strengths span { display: block; block-size: 0.625rem; margin-top: 0.4rem; background: %(accent)s; }
.stHtml table { inline-size: 100%%; border-collapse: collapse; margin: 0; }
.stHtml th, .stHtml td { padding: 0.4rem 0.6rem; text-align: start; vertical-align: top; border: 0;
  overflow-wrap: anywhere; border-block-end: 1px solid color-mix(in srgb, currentColor 18%%, transparent); }
.stHtml th { font-weight: 600; }
.stHtml thead th { overflow-wrap: break-word; }
.stHtml .figures dd { margin: 0; padding: 0; font-size: 1.75rem; line-height: 1.3; }
</style>
"""
"""Of the whole page. Streamlit would fade what a run may change, which a browser takes long to draw anew:
that something is on its way shows at the poster that was pressed, and at the top."""
_NARROW = """
<style>
@media (max-width: 640px) {
  .stMainBlockContainer { padding-top: 4.5rem; }
  [data-testid=stSidebar][aria-expanded=false] { visibility: hidden; }
  .stHtml th, .stHtml td { padding: 0.35rem 0.25rem; font-size: 0.8125rem; }
  .st-key-filters [data-testid=stColumn] { flex: 1 1 40%; min-width: 40%; }
  .st-key-above [data-testid=stColumn] { flex: 1 1 0; min-width: 0; }
  .st-key-above [data-testid=stColumn]:first-child { flex-grow: 1.8; }
  .st-key-undo:has(:disabled) { display: none; }
}
</style>
"""
"""On a phone what stands above a wall must leave the wall room."""
_COLOURS = {"accent": "primaryColor", "on_accent": "backgroundColor", "raised": "secondaryBackgroundColor"}
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


def _colours() -> dict[str, str]:
    theme = st.context.theme.type or "light"
    return {name: st.get_option(f"theme.{theme}.{of}") for name, of in _COLOURS.items()}


def _query() -> str:
    """What the page was asked with, as of the last run of the whole: not what was filtered since."""
    asked = st.query_params
    return urlencode([(name, value) for name in asked for value in asked.get_all(name)], errors="replace")


def main() -> None:
    """One run."""
    st.set_page_config(page_title="Matinee", page_icon="🎟️", layout="wide")
    st.html(_STYLE % _colours() + _NARROW)
    st.logo(str(_LOGO), size="large")
    page = st.navigation(_pages(), position="top")
    st.html(f'<span data-page="{page.url_path}" data-query="{escape(_query())}" hidden></span>')
    st.query_params["user"] = person()
    with st.container(key="above"):
        search_box, who = st.columns([6, 1.3], vertical_alignment="center")
    with search_box:
        finder()
    with who:
        picker()
    _run_again_after_a_break()
    page.run()


main()
