"""The search box: it suggests while one types."""

from pathlib import Path

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api

_ASSETS = Path(__file__).parent / "assets"
_MOST = 8
_KEY = "finder"

_component = st.components.v2.component(
    "matinee.search",
    html=(_ASSETS / "search.html").read_text(),
    css=(_ASSETS / "search.css").read_text(),
    js=(_ASSETS / "search.js").read_text(),
)


@st.fragment
def finder() -> None:
    """The box. A movie that is chosen opens its page; Enter alone shows everything that was found."""
    typed = str(st.session_state.get(_KEY, {}).get("typed") or "")
    found = _suggested(typed) if typed.strip() else []

    def chosen() -> None:
        st.session_state["open"] = st.session_state[_KEY].chosen

    def asked() -> None:
        st.session_state["look_for"] = st.session_state[_KEY].asked

    _component(
        key=_KEY,
        data={"typed": typed, "found": found},
        default={"typed": ""},
        on_typed_change=lambda: None,
        on_chosen_change=chosen,
        on_asked_change=asked,
    )
    if "open" in st.session_state or "look_for" in st.session_state:
        st.rerun()


def _suggested(typed: str) -> list[Json]:
    try:
        return list(api().get("movies", q=typed[:200], k=_MOST)["recommendations"])
    except NoAnswerError:
        return []  # the page below says why
