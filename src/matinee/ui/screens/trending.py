"""Trending: what most people do something with right now; it refreshes by itself."""

import streamlit as st

from matinee.ui import acts, moves
from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.frame import heading, no_answer
from matinee.ui.jobs import job, job_buttons
from matinee.ui.wall import Shown, wall

_SAID = 8.0
"""Seconds for which it stays to be read what an act did."""
_EVERY = 2.0
_MOST = 20
_WINDOWS = {"5m": "5 minutes", "1h": "an hour", "1d": "a day", "7d": "7 days"}
_TYPES = {"view": "Views", "like": "Likes", "rating": "Ratings"}


def page() -> None:
    """The page."""
    heading("Trending", "What people watch, like and rate most, in the time up to the newest event.")
    windows, types, simulation = st.columns([2, 1.6, 2.2], vertical_alignment="bottom")
    with windows:
        window = _choice("In", _WINDOWS, "1h", key="window")
    with types:
        kind = _choice("By", _TYPES, "view", key="by")
    with simulation:
        _simulation()
    _list(window, kind)


def _choice(label: str, called: dict[str, str], usual: str, *, key: str) -> str:
    """One of what is `called` so; the `usual` one where the address names none."""
    chosen = st.segmented_control(
        label,
        list(called),
        default=usual,
        format_func=called.__getitem__,
        required=True,
        key=key,
        bind="query-params",
    )
    return chosen or usual


@st.fragment(run_every=_EVERY)
def _simulation() -> None:
    try:
        running = job("simulate")
    except NoAnswerError:
        return
    about = (
        "Ten minutes of invented people, who watch and bring new movies. What they do stays, as all events."
    )
    body = {"rate": 20, "minutes": 10}
    job_buttons(running, start="Simulate people", about=about, body=body)


@st.fragment(run_every=_EVERY)
def _list(window: str, kind: str) -> None:
    acts.show(_SAID)  # here too: this part runs by itself
    try:
        movies = api().get("trending", window=window, type=kind, k=_MOST)["recommendations"]
    except NoAnswerError as error:
        no_answer(error, asked_again=True)
        return
    if not movies:
        st.info(
            "Nothing has happened in this window yet. Widen it, or let simulated people watch.",
            icon=":material/hourglass_empty:",
        )
        return
    moved = moves.followed("trending", movies, {"window": window, "type": kind})
    wall(
        movies,
        f"trending-{window}-{kind}",
        label=f"{_TYPES[kind]} in {_WINDOWS[window]}",
        layout="lines",
        actions=("like", "view"),
        shown=lambda place, movie: Shown(place + 1, moved.marks.get(movie["movie"]), _note(movie, kind)),
    )


def _note(movie: Json, kind: str) -> str:
    count, before = int(movie["score"]), movie["before"]
    more = count - before
    change = f"{abs(more):,} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
    words = f"{count:,} {_TYPES[kind].lower() if count != 1 else kind}"
    return f"{words} · {change} in the window before"
