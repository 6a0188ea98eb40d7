"""Work that the API does beside itself: how far it is, and the buttons that start and end it."""

from typing import Any

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.frame import faint, plain


def job(name: str) -> Json:
    """What is known of the job of this name."""
    found: list[Json] = api().get("jobs")["jobs"]
    return next(each for each in found if each["name"] == name)


def job_buttons(known: Json, *, start: str, about: str, body: Any, key: str) -> None:
    """One button: to start it, `about` which it tells, or to end it while it runs; and what it says."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _button(known, start=start, about=about, body=body, key=key)
        _state(known)
    if failed := st.session_state.get(f"job-{known['name']}"):
        st.error(plain(failed))


def _button(known: Json, *, start: str, about: str, body: Any, key: str) -> None:
    if _is_running(known):
        st.button(
            "Stop", icon=":material/stop:", key=f"stop-{key}", on_click=_told, args=(api().delete, known)
        )
    else:
        st.button(
            start,
            help=about,
            icon=":material/play_arrow:",
            key=f"start-{key}",
            on_click=_told,
            args=(lambda *path: api().post(*path, body=body), known),
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


def _told(ask: Any, known: Json) -> None:
    st.session_state.pop(f"job-{known['name']}", None)
    try:
        ask("jobs", known["name"])
    except NoAnswerError as error:
        st.session_state[f"job-{known['name']}"] = str(error)
