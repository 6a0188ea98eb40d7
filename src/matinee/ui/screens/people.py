"""People like me: whose taste is nearest, what they share, and what they would pass on."""

import streamlit as st

from matinee.ui.api import Json, api
from matinee.ui.frame import heading, plain
from matinee.ui.person import person, watch_as
from matinee.ui.wall import wall

_MOST = 8


def page() -> None:
    """The page."""
    heading("People like me")
    found = api().get("users", person(), "similar", k=_MOST)
    st.markdown(_said(found))
    for place, neighbour in enumerate(found["similar"]):
        _neighbour(place, neighbour)


def _said(found: Json) -> str:
    if not found["similar"]:
        return "Nobody is near you yet: like or rate a few movies, and look again."
    return f"Of {found['among']:,} people, those with a taste nearest to yours, and what they would pass on."


def _neighbour(place: int, neighbour: Json) -> None:
    with st.container(border=True):
        name, look = st.columns([5, 1], vertical_alignment="center")
        name.subheader(plain(neighbour["user"]), anchor=False)
        look.button(
            "Watch as",
            key=f"as-{place}",
            width="stretch",
            help="See the page as this user sees it",
            on_click=watch_as,
            args=(neighbour["user"],),
        )
        st.progress(max(0.0, min(1.0, neighbour["score"])), text=f"{neighbour['score']:.0%} alike")
        st.markdown(_shared(neighbour))
        if neighbour.get("passes_on"):
            st.markdown("**Would pass on to you**")
            wall(
                neighbour["passes_on"],
                f"from-{place}",
                label=f"What {neighbour['user']} would pass on",
                layout="row",
                actions=("like", "view"),
            )


def _shared(neighbour: Json) -> str:
    count = neighbour["in_common"]
    titles = [plain(each["title"] or each["movie"]) for each in neighbour["shared"]]
    both = f"You both liked {', '.join(f'*{title}*' for title in titles)}" if titles else ""
    end = "" if both.endswith(".*") or not both else "."  # a title may have its own
    return f"{count:,} movie{'s' if count != 1 else ''} in common. {both}{end}"
