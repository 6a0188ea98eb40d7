"""How a list differs from the one that was shown before it."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from matinee.ui import acts
from matinee.ui.api import Json
from matinee.ui.frame import plain
from matinee.ui.frame import tell as say


class Moves(NamedTuple):
    """For each movie of a list how it moved, and what is gone from it."""

    marks: dict[str, tuple[str, int]]
    gone: list[str]


NONE = Moves({}, [])


def moves(before: Sequence[Json], after: Sequence[Json]) -> Moves:
    """What moved from one list to the next: new, up, down and by how many places, or gone."""
    places = {movie["movie"]: place for place, movie in enumerate(before)}
    marks: dict[str, tuple[str, int]] = {}
    for place, movie in enumerate(after):
        was = places.get(movie["movie"])
        if was is None:
            marks[movie["movie"]] = ("new", 0)
        elif was != place:
            marks[movie["movie"]] = ("up", was - place) if was > place else ("down", place - was)
    here = {movie["movie"] for movie in after}
    return Moves(marks, [movie["title"] or movie["movie"] for movie in before if movie["movie"] not in here])


def followed(page: str, movies: Sequence[Json], wanted: Json | None = None) -> Moves:
    """What moved since this page last showed its list; nothing at first, or if it was `wanted` otherwise."""
    lists = st.session_state.setdefault("lists", {})
    before, lists[page] = lists.get(page), (wanted, movies)
    return moves(before[1], movies) if before and before[0] == wanted else NONE


def tell(act: Json, moved: Moves) -> None:
    """Say what an act changed, and in how many milliseconds it was durable and in the list.

    Nothing says it again.
    """
    milliseconds = 1000 * (time.perf_counter() - act["started"])
    counts = {kind: sum(mark[0] == kind for mark in moved.marks.values()) for kind in ("new", "up", "down")}
    told = [f"{count} {kind}" for kind, count in counts.items() if count]
    if moved.gone:
        told.append(f"{len(moved.gone)} gone ({', '.join(moved.gone[:3])}{', …' if moved.gone[3:] else ''})")
    said = act["told"][:1].upper() + act["told"][1:]
    what = " · ".join(told) if told else "nothing moved"
    say(f":primary[**{plain(said)}**] — {plain(what)}, **{milliseconds:.0f} ms** later.")
    acts.shown()
