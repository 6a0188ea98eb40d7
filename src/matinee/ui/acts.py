"""What a person does on the page: each act is an event, sent at once, and what undoes it is one too."""

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.frame import plain
from matinee.ui.person import person

_WORDS = {"like": "liked", "dislike": "disliked", "view": "watched", "rating": "rated"}
_LATER = timedelta(microseconds=1)


class Act(NamedTuple):
    """One: of which kind, at which movie; of a rating its stars; in a history the moment of the entry."""

    kind: str
    movie: str
    title: str | None = None
    value: float | None = None
    of: str | None = None


class Done(NamedTuple):
    """What was done, in words, and the events that undo it."""

    told: str
    undo: list[Json]


def told_of(type_: str, title: str, value: float | None) -> str:
    """An event in words: rated Heat 4.5 stars."""
    stars = f" {value:g} stars" if value is not None and type_ == "rating" else ""
    return f"{_WORDS.get(type_, type_)} {title}{stars}"


def send(act: Act) -> None:
    """Send an act as an event, that can be undone."""
    event = _event(act.kind, act.movie, act.value, _now())
    _do(Done(told_of(act.kind, act.title or act.movie, act.value), [_retract(event)]), [event])


def remove(entry: Json) -> None:
    """Take an entry of a history back. It can be undone, but for a review, whose words are not here."""
    told = f"took back: {told_of(entry['type'], entry['title'] or entry['movie'], entry['value'])}"
    _do(Done(told, _again(entry)), [_retract(entry)])


def change(entry: Json, stars: float) -> None:
    """Rate the movie of an entry of a history; the stars of a rating take the place of those before."""
    event = _event("rating", entry["movie"], stars, _now())
    replaced = entry["type"] == "rating"
    undo = [_retract(event), *(_again(entry) if replaced else [])]
    told = told_of("rating", entry["title"] or entry["movie"], stars)
    _do(Done(told, undo), [event, *([_retract(entry)] if replaced else [])])


def undo() -> None:
    """Take the last act back."""
    last: Done = st.session_state["acts"].pop()
    if not _post(f"undone: {last.told}", last.undo):
        st.session_state["acts"].append(last)


def undo_button() -> None:
    """Take back what was done last, while there is something."""
    acts: list[Done] = st.session_state.get("acts", [])
    said = f"You {acts[-1].told}." if acts else "Nothing was done here yet."
    st.button("Undo", icon=":material/undo:", disabled=not acts, on_click=undo, help=said, width="stretch")


def since() -> Json | None:
    """The last act that no list has shown yet: its `offset`, when it `started`, what is `told` of it."""
    found: Json | None = st.session_state.pop("since", None)
    return found


def show_failure() -> None:
    """Show why the last act was not taken, once."""
    if failed := st.session_state.pop("failed", None):
        st.error(plain(failed), icon=":material/error:")


def _do(done: Done, events: list[Json]) -> None:
    if _post(done.told, events) and done.undo:
        st.session_state.setdefault("acts", []).append(done)


def _post(told: str, events: list[Json]) -> bool:
    started = time.perf_counter()
    try:
        receipt = api().post("events", body=events)
    except NoAnswerError as error:
        st.session_state["failed"] = f"{error} It was not taken; try again."
        return False
    if receipt["rejected"]:
        first = receipt["rejected"][0]
        st.session_state["failed"] = f"That was refused: {first['field']} {first['reason']}."
        return False
    st.session_state["since"] = {"offset": receipt["offset"], "started": started, "told": told}
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _event(kind: str, movie: str, value: float | None, at: str) -> Json:
    event: Json = {"type": kind, "user": person(), "movie": movie, "at": at}
    return event if value is None else event | {"value": value}


def _retract(event: Json) -> Json:
    return {"type": "retract", "user": person(), "movie": event["movie"], "of": event["at"]}


def _again(entry: Json) -> list[Json]:
    """What was taken back once more: a moment later, since what is of that moment is taken back for good."""
    if entry["type"] == "review":
        return []
    at = datetime.fromisoformat(entry["at"]) + _LATER
    return [_event(entry["type"], entry["movie"], entry["value"], at.isoformat())]
