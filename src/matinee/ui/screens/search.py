"""Search: everything that was found, as a wall."""

import streamlit as st

from matinee.ui import acts
from matinee.ui.api import Json, api
from matinee.ui.frame import heading, plain
from matinee.ui.wall import Shown, wall

_MOST = 48


def page() -> None:
    """The page."""
    typed = str(st.query_params.get("q") or "").strip()[:200]
    heading("Search")
    movies = api().get("movies", q=typed, k=_MOST)["recommendations"]
    said, last = st.columns([6, 1], vertical_alignment="center")
    said.markdown(_said(typed, movies))
    with last:
        acts.undo_button()
    if typed and not movies:
        st.info(
            "Part of a title or a name is enough, in any order, and a typo does no harm.",
            icon=":material/search_off:",
        )
    wall(movies, "search", label="Movies found", shown=lambda _place, movie: Shown(note=_with(movie)))


def _said(typed: str, movies: list[Json]) -> str:
    if not typed:
        return "The best known movies." if movies else "There are no movies yet."
    if not movies:
        return f"Nothing matches **{plain(typed)}**."
    return f"Movies that match **{plain(typed)}** by title, people, genre, year or tag, the best first."


def _with(movie: Json) -> str | None:
    return f"With {', '.join(movie['people'])}" if movie.get("people") else None
