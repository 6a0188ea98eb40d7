"""The page itself, run anew by Streamlit for every act: what is above every page, and the page asked for."""

from pathlib import Path

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
.stMarkdown p { max-width: 46rem; }
[data-testid=stBaseButton-primary], [data-testid=stBaseButton-primaryFormSubmit] { color: %s; }
.stHtml dl.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 0; padding: 0; }
.figures div { flex: 1 1 9rem; padding: 0.75rem 1rem; border-radius: 6px;
  border: 1px solid color-mix(in srgb, currentColor 22%%, transparent); }
.figures dt { font-size: 0.875rem; }
.stHtml .figures dd { margin: 0; padding: 0; font-size: 1.75rem; line-height: 1.3; }
</style>
"""
_ON_ACCENT = {"light": "#fbf9f5", "dark": "#171411"}
"""Of the words on a button in the accent colour; Streamlit's own are too faint there."""


def _pages() -> list[st.Page]:
    return [
        st.Page(
            for_you.page, title="For you", icon=":material/local_movies:", url_path="for-you", default=True
        ),
        st.Page(new_here.page, title="New here?", icon=":material/waving_hand:", url_path="new-here"),
        st.Page(trending.page, title="Trending", icon=":material/trending_up:", url_path="trending"),
        st.Page(people.page, title="People like me", icon=":material/group:", url_path="people"),
        st.Page(history.page, title="History", icon=":material/history:", url_path="history"),
        st.Page(insights.page, title="Insights", icon=":material/bar_chart:", url_path="insights"),
        st.Page(monitor.page, title="Monitor", icon=":material/monitor_heart:", url_path="monitor"),
        st.Page(models.page, title="Models", icon=":material/model_training:", url_path="models"),
        st.Page(movie.page, title="Movie", url_path="movie", visibility="hidden"),
        st.Page(search.page, title="Search", url_path="search", visibility="hidden"),
    ]


def main() -> None:
    """One run."""
    st.set_page_config(page_title="Matinee", page_icon="🎟️", layout="wide")
    st.html(_STYLE % _ON_ACCENT[st.context.theme.type or "light"])
    st.logo(str(_LOGO), size="large")
    page = st.navigation(_pages(), position="top")
    st.query_params["user"] = person()
    search_box, who = st.columns([6, 1.3], vertical_alignment="center")
    with search_box:
        finder()
    with who:
        picker()
    told = st.container()
    try:
        page.run()
    except NoAnswerError as error:
        no_answer(error)
    with told:
        acts.show()


main()
