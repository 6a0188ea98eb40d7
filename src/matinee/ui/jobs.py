"""Work that the API does beside itself: how far it is, and the buttons that start and end it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.frame import faint, plain


def job(name: str) -> Json:
    """What is known of the job of this name."""
    found: list[Json] = api().get("jobs")["jobs"]
    return next(each for each in found if each["name"] == name)


def job_buttons(known: Json, *, start: str, about: str, body: Any) -> None:
    """One button, and what the job says: to start it, in the words `start`, or to end it while it runs.

    `about` says what it will do, to who points at the button; `body` is what the API is sent to start it.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        _button(known, start=start, about=about, body=body)
        _state(known)
    if failed := st.session_state.get(f"job-{known['name']}"):
        st.error(plain(failed))


def _button(known: Json, *, start: str, about: str, body: Any) -> None:
    name = known["name"]
    if _is_running(known):
        st.button(
            "Stop", icon=":material/stop:", key=f"stop-{name}", on_click=_ask, args=(api().delete, name)
        )
    else:
        st.button(
            start,
            help=about,
            icon=":material/play_arrow:",
            key=f"start-{name}",
            on_click=_ask,
            args=(lambda *path: api().post(*path, body=body), name),
        )


def _state(known: Json) -> None:
    if _is_running(known) and known["share"] is not None:
        st.progress(min(max(known["share"], 0.0), 1.0), text=plain(known["what"] or "at work"))
    elif _is_running(known):
        faint(f"Running: {known['what']}." if known["what"] else "Running.")
    elif known["says"]:
        faint(f"{known['state'].capitalize()}: {known['says']}")


def _is_running(known: Json) -> bool:
    return bool(known["state"] == "running")


def _ask(route: Callable[..., Json], name: str) -> None:
    """Start or end it; why that failed is kept for the page."""
    st.session_state.pop(f"job-{name}", None)
    try:
        route("jobs", name)
    except NoAnswerError as error:
        st.session_state[f"job-{name}"] = str(error)
