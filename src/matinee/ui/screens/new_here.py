"""New here?: well-known movies, and how a list sharpens with each thing one says of them."""

import streamlit as st

from matinee.ui import acts, moves
from matinee.ui.api import Json, api
from matinee.ui.frame import faint, figures, heading, strengths
from matinee.ui.person import person
from matinee.ui.wall import Shown, wall

_MOST = 24


def page() -> None:
    """The page."""
    heading("New here?")
    act = acts.since()
    after = act and act["offset"]
    found = api().get("users", person(), "recommendations", k=_MOST, explain=True, after=after, variety=1)
    everybody = api().get("popular", k=_MOST, variety=1)["recommendations"]
    profile = api().get("users", person(), "profile")
    events = sum(profile["events"].values())
    st.markdown(_said(events))
    movies: list[Json] = found["recommendations"]
    moved = moves.followed("new-here", movies)
    _sharpness(profile, movies, everybody, events)
    if act:
        moves.tell(act, moved)
    marks = moved.marks if act else {}
    wall(
        movies,
        "new-here",
        label="Movies to begin with" if not events else "Your list so far",
        shown=lambda _place, movie: Shown(move=marks.get(movie["movie"])),
    )


def _said(events: int) -> str:
    if not events:
        return "Movies that many know, of every genre. Like one or dislike one: one is enough to begin."
    return "Your own list now, as varied as it can be. Each thing you say sharpens it, at once."


def _sharpness(profile: Json, movies: list[Json], everybody: list[Json], events: int) -> None:
    known = {movie["movie"] for movie in everybody}
    own = sum(movie["movie"] not in known for movie in movies) if events else 0
    said, tastes, last = st.columns([2.3, 2.4, 1], vertical_alignment="bottom")
    with said:
        figures(
            [
                ("Your events", f"{events:,}"),
                ("Not on everybody's list", f"{own} of {len(movies)}"),
            ]
        )
    with tastes:
        _tastes(profile["genres"][:6])
    with last:
        acts.undo_button()


def _tastes(genres: list[Json]) -> None:
    if not genres:
        faint("What you like, by genre, shows here.")
        return
    faint("What you like, by genre, from -1 to 1:")
    strengths([(each["genre"], each["strength"]) for each in genres], -1.0, 1.0)
