"""The search box: it suggests while one types."""

from pathlib import Path

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.person import link

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
    # Half a character, as a script may leave it, becomes a question mark.
    looked_up = st.session_state.pop("suggest", "").encode(errors="replace").decode()
    found, trouble = _suggested(looked_up) if looked_up.strip() else ([], None)

    def typed() -> None:
        if said := st.session_state.get(_KEY):  # none while another page begins
            st.session_state["suggest"] = said.typed

    _component(
        key=_KEY,
        data={"typed": looked_up, "found": found, "trouble": trouble, "all": link("search")},
        on_typed_change=typed,
    )


def _suggested(typed: str) -> tuple[list[Json], str | None]:
    """The movies found, or why the API does not say."""
    try:
        found = api().get("movies", q=typed[:200], k=_MOST)["recommendations"]
    except NoAnswerError as error:
        return [], str(error)
    return [movie | {"href": link("movie", movie=movie["movie"])} for movie in found], None
