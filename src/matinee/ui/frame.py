"""What every page has around it: a heading, and plain words where there is no answer."""

from html import escape

import streamlit as st

from matinee.ui.api import NoAnswerError, RefusedError, api

_LOOK = 2.0
"""Seconds between two looks at whether an API that was gone is there again."""


def heading(title: str, said: str = "") -> None:
    """The one heading of the page, and a sentence under it."""
    st.title(title, anchor=False)
    if said:
        st.markdown(said)


def plain(text: str) -> str:
    """`text` with what Markdown would read as its own taken literally."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>~$:&" else letter for letter in text)


def done(what: str) -> None:
    """Say that something was done, where no list shows what it changed."""
    st.markdown(f":primary[**Done**] — {plain(what)}.")


def faint(text: str) -> None:
    """A line that matters less."""
    st.markdown(f":small[:gray[{plain(text)}]]")


def figures(row: list[tuple[str, str]]) -> None:
    """Figures by their names, side by side. Streamlit's metrics are there later: they wait for charts."""
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in row)
    st.html(f'<dl class="figures">{told}</dl>')


def no_answer(error: NoAnswerError) -> None:
    """Say why there is none, with a button to try again; once the API is back the page is too."""
    if isinstance(error, RefusedError):
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.warning(plain(f"{error} The page comes back by itself."), icon=":material/cloud_off:")
    st.button("Try again", icon=":material/refresh:", type="primary")
    _come_back()


@st.fragment(run_every=_LOOK)
def _come_back() -> None:
    was = st.session_state.get("was_ready", True)
    ready = st.session_state["was_ready"] = api().is_ready()
    if ready and not was:
        st.rerun()
