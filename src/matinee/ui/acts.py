"""What a person does on the page: each act is an event, sent at once, and what undoes it is one too.

An act may come here more than once: its wall says it until it was heard, and who was told that nobody knows
whether it was taken does it again. It counts once, since the very same events are sent each time: those that
were made when its id came first, or those of an act without an answer that says the same.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, RefusedError, api
from matinee.ui.frame import done as say_done
from matinee.ui.frame import plain
from matinee.ui.person import person

_WORDS = {"like": "liked", "dislike": "disliked", "view": "watched", "rating": "rated", "review": "reviewed"}
_FAILED = 60.0
"""Seconds for which it stays to be read that something was not taken."""
REMEMBERED = 100
"""Acts of which a session knows that they came: far more than come again."""
_LATER = timedelta(microseconds=1)


class Act(NamedTuple):
    """One: of which kind, at which movie; of a rating its stars; in a history the name of the entry.

    Its `id` is that of its event, so that an act which is said twice counts once.
    """

    kind: str
    movie: str
    title: str | None = None
    value: float | None = None
    of: str | None = None
    id: str | None = None


class Step(NamedTuple):
    """An event, and the events that undo it."""

    event: Json
    undo: list[Json]


class Taken(NamedTuple):
    """Of events that were sent, the places of those that the log has, and whether it had one before."""

    places: list[int]
    before: bool


class Done(NamedTuple):
    """What was done, in words and in events. One without an answer may have been taken, or not."""

    told: str
    steps: list[Step]
    answered: bool = True


def done_as(type_: str) -> str:
    """What was done, in a word, by the type of its event."""
    return _WORDS.get(type_, type_)


def told_of(type_: str, title: str, value: float | None) -> str:
    """An event in words: rated Heat 4.5 stars."""
    stars = f" {value:g} stars" if value is not None and type_ == "rating" else ""
    return f"{done_as(type_)} {title}{stars}"


def send(act: Act) -> None:
    """Send an act as an event, that can be undone."""
    event = _event(act.kind, act.movie, act.value, _now(), act.id)
    told = told_of(act.kind, act.title or act.movie, act.value)
    _do(_first_said(act.id, Done(told, [Step(event, [_retract(event)])])))


def remove(entries: Sequence[Json], id_: str | None = None) -> None:
    """Take back what a history has of a movie at a moment: `entries`, which a retraction takes all at once.

    It can be undone, but for reviews, whose words are not here.
    """
    told = " and ".join(_told(entry) for entry in entries)
    lost = ", which cannot be brought back" if any(map(_is_review, entries)) else ""
    _do(_first_said(id_, Done(f"took back: {told}{lost}", [_taken_back(entries)])))


def change(entry: Json, stars: float, beside: Sequence[Json] = (), id_: str | None = None) -> None:
    """Rate the movie of an entry of a history; the stars of a rating take the place of those before.

    What the history has `beside` the entry, at its movie and moment, stays. A review could not, so beside one
    the rating of before stays too.
    """
    event = _event("rating", entry["movie"], stars, _now(), id_)
    steps = [Step(event, [_retract(event)])]
    if entry["type"] == "rating" and not any(map(_is_review, beside)):
        back = _taken_back([entry, *beside])
        steps += [back, *(Step(again, []) for again in back.undo[2:])]
    _do(_first_said(id_, Done(told_of("rating", entry["title"] or entry["movie"], stars), steps)))


def undo() -> None:
    """Take the last act back."""
    acts = _acts()
    if not acts:  # a second press, while the first was on its way
        return
    last = acts[-1]
    taken = _post(f"undone: {last.told}", [event for step in last.steps for event in step.undo])
    if taken and taken.places:
        acts.pop()


def undo_button() -> None:
    """Take back what was done last, while there is something."""
    acts = _acts()
    said = f"You {acts[-1].told}." if acts else "Nothing was done here yet."
    st.button(
        "Undo",
        key="undo",
        icon=":material/undo:",
        disabled=not acts,
        on_click=undo,
        help=said,
        width="stretch",
    )


def since() -> Json | None:
    """The last act that nothing has shown yet: its `offset`, when it `started`, what is `told` of it."""
    found: Json | None = st.session_state.get("since")
    return found


def shown() -> None:
    """The last act has been shown."""
    st.session_state.pop("since", None)


def show(seconds: float = 0.0) -> None:
    """Say what was done that the page did not say itself, and why something was not taken.

    It is said once, or again for so many `seconds` by a part of a page that runs by itself. A failure stays
    until one acts again, for a minute at most: the page may come back by itself meanwhile.
    """
    failed, act = st.session_state.pop("failed", None), since()
    shown()
    if failed or act:
        stays = max(seconds, _FAILED if failed else 0.0)
        st.session_state["said"] = failed, act and act["told"], time.monotonic() + stays
    elif time.monotonic() >= st.session_state.get("said", (None, None, 0.0))[2]:
        return
    failed, told, _ = st.session_state["said"]
    if failed:
        st.error(plain(failed), icon=":material/error:")
    if told:
        say_done(told)


def _acts() -> list[Done]:
    acts: list[Done] = st.session_state.setdefault("acts", [])
    return acts


def _do(done: Done) -> None:
    acts = _acts()
    # Once more: the same events, so that what was taken is not taken twice.
    done = next((each for each in acts if _is_again(each, done)), done)
    taken = _post(done.told, [step.event for step in done.steps])
    steps = done.steps if taken is None else [done.steps[place] for place in taken.places]
    if taken and taken.before:
        steps = [*map(_as_it_is_known, steps)]
    acts[:] = [each for each in acts if _id(each) != _id(done)]
    if any(step.undo for step in steps):
        acts.append(Done(done.told, steps, answered=taken is not None))


def _as_it_is_known(step: Step) -> Step:
    """With the moment at which the log has its event: another, where a page that has ended said it first."""
    event = step.event
    if not step.undo or "at" not in event:  # nothing names its moment
        return step
    try:
        asked = api().get(
            "users", person(), "history", movie=event["movie"], after=(since() or {}).get("offset")
        )
    except NoAnswerError:
        return step
    known = [
        each["at"]
        for each in asked["history"]
        if each["type"] == event["type"] and each["value"] == event.get("value")
    ]
    if not known or _moment(event["at"]) in map(_moment, known):
        return step
    at = known[0]
    undo = [each | {"of": at} if each.get("of") == event["at"] else each for each in step.undo]
    return Step(event | {"at": at}, undo)


def _first_said(id_: str | None, done: Done) -> Done:
    """What was made of the act when it was first said: Streamlit may end a run in its midst."""
    made: dict[str, Done] = st.session_state.setdefault("made", {})
    if id_ is None:
        return done
    first = made.setdefault(id_, done)
    if len(made) > REMEMBERED:
        del made[next(iter(made))]
    return first


def _is_again(before: Done, done: Done) -> bool:
    """Whether it is the very same act, or one without an answer that says the same."""
    return _id(before) == _id(done) or (not before.answered and _what(before) == _what(done))


def _id(done: Done) -> str:
    return str(done.steps[0].event["id"])


def _what(done: Done) -> list[Json]:
    """What an act says, whenever it is said."""
    return [
        {name: value for name, value in step.event.items() if name not in ("id", "at")} for step in done.steps
    ]


def _post(told: str, events: list[Json]) -> Taken | None:
    """Send `events`; which were taken, or None if nobody knows."""
    started = time.perf_counter()
    st.session_state.pop("said", None)
    try:
        receipt = api().post("events", body=events)
    except RefusedError as error:
        _fail(f"{error} It was not taken.")
        return Taken([], before=False)
    except NoAnswerError as error:
        _fail(f"{error} It may not have been taken: do it again, and it counts once.")
        return None
    refused = {each["index"]: each for each in receipt["rejected"]}
    for place, each in refused.items():
        _fail(
            f"The {events[place]['type']} was refused: {each['field']} {each['reason']}. The rest was taken."
        )
    told = f"a part of this: {told}" if refused else told
    before = since()
    if before and not before["told"].endswith(told):  # pressed so quickly that no list has shown it yet
        started, told = before["started"], f"{before['told']}, {told}"
    st.session_state["since"] = {"offset": receipt["offset"], "started": started, "told": told}
    taken = [place for place in range(len(events)) if place not in refused]
    _follow([events[place] for place in taken])
    return Taken(taken, before=receipt["duplicates"] > 0)


def _fail(why: str) -> None:
    """Have it said on the page, after what is to be said already."""
    said = st.session_state.get("failed", "")
    if why not in said:
        st.session_state["failed"] = f"{said} {why}".strip()


def _follow(events: list[Json]) -> None:
    """What was said again a moment later is what older acts, which name the moment before, take back."""
    moved = {(each["movie"], _moment(each["at"]) - _LATER): each["at"] for each in events if "at" in each}

    def followed(event: Json) -> Json:
        now = "of" in event and moved.get((event["movie"], _moment(event["of"])))
        return event | {"of": now} if now else event

    acts = _acts()
    acts[:] = [
        done._replace(steps=[step._replace(undo=[*map(followed, step.undo)]) for step in done.steps])
        for done in acts
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _told(entry: Json) -> str:
    return told_of(entry["type"], entry["title"] or entry["movie"], entry["value"])


def _is_review(entry: Json) -> bool:
    return bool(entry["type"] == "review")


def _event(kind: str, movie: str, value: float | None, at: str, id_: str | None = None) -> Json:
    event: Json = {"id": id_ or str(uuid4()), "type": kind, "user": person(), "movie": movie, "at": at}
    return event if value is None else event | {"value": value}


def _retract(event: Json) -> Json:
    told = {"id": str(uuid4()), "type": "retract", "user": person()}
    return told | {"movie": event["movie"], "of": event["at"]}


def _taken_back(entries: Sequence[Json]) -> Step:
    """The retraction of `entries`, which are of one moment, undone by saying them again but for reviews.

    They are said a moment later, since what is of that moment is taken back for good. Before that they are
    taken back once more: nobody may have answered the first time, and nothing is to be there twice.
    """
    at = (_moment(entries[0]["at"]) + _LATER).isoformat()
    again = [
        _event(each["type"], each["movie"], each["value"], at) for each in entries if not _is_review(each)
    ]
    retraction = _retract(entries[0])
    return Step(retraction, [retraction, *again] if again else [])
