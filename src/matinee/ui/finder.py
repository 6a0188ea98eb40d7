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
    js="\n".join((_ASSETS / name).read_text() for name in ("element.js", "search.js")),
)


@st.fragment
def finder() -> None:
    """The box. A movie that is chosen opens its page; Enter alone shows everything that was found.

    The API is asked once for what was typed, not again whenever the page runs.
    """
    looked_up = st.session_state.pop("suggest", "")
    found, trouble = _suggested(looked_up) if looked_up.strip() else ([], None)

    def typed() -> None:
        st.session_state["suggest"] = st.session_state[_KEY].typed

    def chosen() -> None:
        st.session_state["open"] = st.session_state[_KEY].chosen

    def asked() -> None:
        st.session_state["look_for"] = st.session_state[_KEY].asked

    _component(
        key=_KEY,
        data={"typed": looked_up, "found": found, "trouble": trouble},
        on_typed_change=typed,
        on_chosen_change=chosen,
        on_asked_change=asked,
    )
    if "open" in st.session_state or "look_for" in st.session_state:
        st.rerun()


def _suggested(typed: str) -> tuple[list[Json], str | None]:
    """The movies found, or why the API does not say."""
    try:
        return list(api().get("movies", q=typed[:200], k=_MOST)["recommendations"]), None
    except NoAnswerError as error:
        return [], str(error)
