"""For you: the list of whoever is watching, which every act changes at once."""

import streamlit as st

from matinee.ui import acts, moves
from matinee.ui.api import Json, api
from matinee.ui.filters import genre_choice, year_choice
from matinee.ui.frame import heading
from matinee.ui.person import person
from matinee.ui.wall import Shown, wall

_MOST = 24
_KINDS = {
    "personal": "Made of everything you did, the latest first. Act on a movie and watch the wall follow.",
    "new-user": "Yours already, though few of your events are known. A few more, and it is sharp.",
    "popular": "What everybody likes, for nothing is known of you yet. Like a movie, and the wall is yours.",
}


def page() -> None:
    """The page."""
    wanted = _wanted()
    act = acts.since()
    found = api().get(
        "users",
        person(),
        "recommendations",
        k=_MOST,
        explain=True,
        after=act and act["offset"],
        **wanted,
    )
    movies: list[Json] = found["recommendations"]
    moved = moves.followed("for-you", movies, wanted)
    st.markdown(_KINDS[found["kind"]])
    if act:
        moves.tell(act, moved)
    if not movies:
        fit = (
            "No movie fits: widen the filters."
            if wanted["genre"] or wanted["year"]
            else "There is no movie yet."
        )
        st.info(fit, icon=":material/filter_alt:")
    marks = moved.marks if act else {}
    wall(
        movies,
        "for-you",
        label="Recommended for you",
        shown=lambda _place, movie: Shown(move=marks.get(movie["movie"])),
    )


def _wanted() -> Json:
    heading("For you")
    with st.container(key="filters"):
        varied, genres, years, last = st.columns([3, 2, 3, 1.2], vertical_alignment="bottom")
    with varied:
        variety = st.slider(
            "From safest to most varied",
            0.0,
            1.0,
            0.1,
            0.1,
            key="variety",
            bind="query-params",
            help="0 keeps the order of the scores; 1 repeats genres the least.",
        )
    with genres:
        genre = genre_choice()
    with years:
        year = year_choice()
    with last:
        acts.undo_button()
    return {"variety": variety, "genre": genre, "year": year}
