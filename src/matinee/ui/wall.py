"""Movies as posters that can be acted upon: the same piece on every page."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import streamlit as st

from matinee.ui.acts import REMEMBERED, Act, send
from matinee.ui.api import Json
from matinee.ui.given import POSTERS, given
from matinee.ui.person import link

Layout = Literal["wall", "row", "lines"]
_ACTIONS = ("like", "dislike", "rate", "view")
_ASSETS = Path(__file__).parent / "assets"
_TMDB = "https://image.tmdb.org/"
_SIZE = f"{_TMDB}t/p/w342"
_LOCAL = ("{movie}.jpg", "{movie}.png", "{movie}.webp")

_component = st.components.v2.component(
    "matinee.wall",
    html="<ul></ul>",
    css=(_ASSETS / "wall.css").read_text(),
    js="\n".join((_ASSETS / name).read_text() for name in ("element.js", "poster.js", "wall.js")),
)


class Shown(NamedTuple):
    """What a list adds to a movie: its place, how it moved, a line under its genres."""

    rank: int | None = None
    move: tuple[str, int] | None = None
    note: str | None = None
    of: str | None = None
    """The name of the entry that this is, in a history: no other of the wall has it."""


NOTHING = Shown()


def wall(
    movies: Sequence[Json],
    key: str,
    *,
    label: str,
    layout: Layout = "wall",
    actions: Sequence[str] = _ACTIONS,
    shown: Callable[[int, Json], Shown] = lambda _place, _movie: NOTHING,
    on_act: Callable[[Act], None] = send,
) -> None:
    """Draw `movies`, items of the API's lists; what is done to one goes to `on_act`, before the page runs.

    Each act goes there at least once, always with the same id: where Streamlit ends a run in the midst of it,
    once more. The browser says it until it is `heard`.
    """
    items = [_item(movie, shown(place, movie)) for place, movie in enumerate(movies)]
    session = st.session_state.setdefault("session", secrets.token_hex(8))
    heard: dict[str, list[str]] = st.session_state.setdefault("heard", {})

    def unheard() -> list[Json]:
        said: Json = getattr(st.session_state.get(key), "acts", None) or {"session": session, "acts": []}
        if said["session"] != session:  # to a page that ended: the browser says it once more, to this one
            return []
        return [each for each in said["acts"] if each["id"] not in heard.get(key, ())]

    def acted() -> None:
        for each in unheard():
            on_act(Act(each["kind"], each["movie"], each["title"], each["value"], each["of"], each["id"]))
            heard[key] = [*heard.get(key, ()), each["id"]][-REMEMBERED:]

    _component(
        key=key,
        data={
            "items": items,
            "layout": layout,
            "actions": list(actions),
            "label": label,
            "session": session,
            "heard": heard.get(key, []),
        },
        on_acts_change=acted,
    )
    if unheard():  # Streamlit ended the run that was to hear it
        acted()
        st.rerun()


def _item(movie: Json, shown: Shown) -> Json:
    source, online = poster(movie["movie"], movie.get("poster"))
    return {
        "key": shown.of or movie["movie"],
        "movie": movie["movie"],
        "title": movie["title"],
        "year": movie.get("year"),
        "genres": list(movie.get("genres") or ()),
        "value": movie.get("value") if movie.get("type") == "rating" else None,
        "why": movie.get("why"),
        "series": movie.get("series"),
        "href": link("movie", movie=movie["movie"]),
        "source": source,
        "online": online,
        "rank": shown.rank,
        "move": shown.move and {"kind": shown.move[0], "by": shown.move[1]},
        "note": shown.note,
        "of": shown.of,
    }


@st.cache_resource(ttl=60, show_spinner=False)
def _local(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def poster(movie: str, known: Any) -> tuple[str | None, bool]:
    """Where a browser finds the poster, and whether it must be online for that; None to draw one.

    `known` is the fact: a path or a URL, of which none but those at TMDB are asked.
    """
    folder, path = given().posters, known if isinstance(known, str) else ""
    if folder is not None:
        names = [each.format(movie=movie) for each in _LOCAL] + [path.rsplit("/", 1)[-1]]
        there = _local(folder)
        for name in names:
            if name in there:
                return f"{POSTERS}/{quote(name)}", False
    if given().tmdb and path.startswith("/"):
        return f"{_SIZE}{path}", True
    return (path if given().tmdb and path.startswith(_TMDB) else None), True
