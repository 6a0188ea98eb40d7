"""What acts send and what undoes them, over an API of a few lines: no browser is needed for that."""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st

from matinee.ui import acts
from matinee.ui.api import NoAnswerError, RefusedError

T = "2026-01-02T20:15:00.500000Z"
Event = dict[str, Any]


class Api:
    """Takes events as Matinee does: an id once, a retraction for good, of a batch what it does not refuse."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.refuses: set[str] = set()
        self.fault: NoAnswerError | None = None
        self.is_lossy = False

    def post(self, *_path: str, body: list[Event]) -> Event:
        if self.fault and not self.is_lossy:
            raise self.fault
        rejected, duplicates = [], 0
        for index, event in enumerate(body):
            if event["type"] in self.refuses:
                rejected.append({"index": index, "field": "value", "value": "", "reason": "must be fair"})
            else:
                duplicates += event["id"] in self.events
                self.events.setdefault(event["id"], event)
        if self.fault:
            raise self.fault
        return {"rejected": rejected, "duplicates": duplicates, "offset": "0"}

    def get(self, *_path: str, movie: str, after: str) -> dict[str, list[Event]]:
        assert after == "0"
        return {"history": [each for each in self.history()[::-1] if each["movie"] == movie]}

    def history(self) -> list[Event]:
        """What counts, as the API's history has it."""
        gone = {(each["movie"], _utc(each["of"])) for each in self.events.values() if "of" in each}
        kept = [each for each in self.events.values() if "at" in each]
        return [
            {"movie": each["movie"], "title": None, "type": each["type"], "value": each.get("value")}
            | {"at": _utc(each["at"])}
            for each in kept
            if (each["movie"], _utc(each["at"])) not in gone
        ]

    def said(self) -> list[str]:
        return sorted(acts.told_of(each["type"], each["movie"], each["value"]) for each in self.history())


def _utc(at: str) -> str:
    return at.replace("+00:00", "Z")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(st, "session_state", {"user": "u"})
    monkeypatch.setattr(acts, "api", lambda: made)
    return made


def given(api: Api, **values: float | None) -> list[Event]:
    """These events of movie X, all of one moment, as the history has them."""
    for type_, value in values.items():
        event = {"id": type_, "type": type_, "user": "u", "movie": "X", "at": T}
        api.events[type_] = event if value is None else event | {"value": value}
    return api.history()


def like() -> None:
    acts.send(acts.Act("like", "X"))


def told() -> str:
    """What was said of the latest acts, as many as nothing has shown yet."""
    return str(st.session_state["since"]["told"])


def test_an_undo_of_an_undone_removal_takes_back_what_it_says(api: Api):
    like()
    acts.remove(api.history())
    acts.shown()
    acts.undo()
    assert told() == "undone: took back: liked X"
    assert api.said() == ["liked X"]
    acts.undo()
    assert told() == "undone: took back: liked X, undone: liked X"
    assert api.said() == []
    acts.undo()  # as a second press would, while the first was on its way
    assert api.said() == []


def test_removals_and_changes_are_undone_in_turn_however_often(api: Api):
    acts.send(acts.Act("rating", "X", value=2.0))
    acts.change(api.history()[0], 4.0)
    assert api.said() == ["rated X 4 stars"]
    for _ in range(3):
        acts.remove(api.history())
        assert api.said() == []
        acts.undo()
        assert api.said() == ["rated X 4 stars"]
    acts.undo()
    assert api.said() == ["rated X 2 stars"]
    acts.undo()
    assert api.said() == []


@pytest.mark.parametrize("is_lossy", [False, True])
@pytest.mark.parametrize(
    "act", [like, lambda: acts.send(acts.Act("rating", "X", value=2.0))], ids=["like", "rating"]
)
def test_an_act_without_an_answer_is_sent_again_and_counts_once(
    api: Api, act: Callable[[], None], is_lossy: bool
):
    api.fault, api.is_lossy = NoAnswerError("The API has not answered."), is_lossy
    act()
    assert st.session_state["failed"].startswith("The API has not answered. It may not have been taken")
    api.fault = None
    act()
    assert len(api.history()) == 1
    act()
    assert len(api.history()) == 2
    acts.undo()
    acts.undo()
    assert api.history() == []


def test_of_several_acts_without_an_answer_each_is_sent_again_and_counts_once(api: Api):
    both = [acts.Act("like", "X"), acts.Act("like", "Y")]
    api.fault, api.is_lossy = NoAnswerError("The API has not answered."), True
    for act in both:
        acts.send(act)
    api.fault = None
    for act in both:
        acts.send(act)
    assert api.said() == ["liked X", "liked Y"]
    acts.undo()
    acts.undo()
    assert api.said() == []


def test_an_act_that_a_page_took_which_has_ended_is_undone_too(api: Api):
    act = acts.Act("like", "X", id="said-once")
    acts.send(act)
    st.session_state.clear()
    st.session_state["user"] = "u"
    acts.send(act)
    assert api.said() == ["liked X"]
    acts.undo()
    assert api.said() == []


def test_an_act_that_is_heard_twice_is_one(api: Api):
    liked, rated = given(api, like=None, rating=2.0)
    for _ in range(2):  # the run that heard it first was ended before it could say so
        acts.change(rated, 4.0, [liked], "changed")
    assert api.said() == ["liked X", "rated X 4 stars"]
    acts.undo()
    assert api.said() == ["liked X", "rated X 2 stars"]
    for _ in range(2):
        acts.send(acts.Act("like", "Y", id="y"))
    acts.undo()
    both = api.history()
    for _ in range(2):
        acts.remove(both, "removed")
    assert api.said() == []
    acts.undo()
    assert api.said() == ["liked X", "rated X 2 stars"]


@pytest.mark.parametrize("is_lossy", [False, True])
def test_what_may_have_been_taken_is_undone_either_way(api: Api, is_lossy: bool):
    given(api, rating=3.0)
    api.is_lossy = is_lossy
    acted: list[Callable[[Event], None]] = [
        lambda _rated: like(),
        lambda rated: acts.remove([rated]),
        lambda rated: acts.change(rated, 5.0),
    ]
    for act in acted:
        [rated] = api.history()
        api.fault = NoAnswerError("The API has not answered.")
        act(rated)
        acts.undo()  # not answered either
        api.fault = None
        acts.undo()
        assert api.said() == ["rated X 3 stars"]


def test_what_is_refused_was_not_taken_and_is_not_undone(api: Api):
    api.fault = RefusedError("Value: must be fair.")
    like()
    assert st.session_state["failed"] == "Value: must be fair. It was not taken."
    api.fault = None
    acts.undo()
    assert api.events == {}


@pytest.mark.parametrize(
    ("refused", "kept"),
    [("rating", []), ("retract", ["rated X 2 stars", "rated X 5 stars"])],
)
def test_of_a_change_refused_in_part_the_rest_is_said_and_undone(api: Api, refused: str, kept: list[str]):
    entries = given(api, rating=2.0)
    api.refuses = {refused}
    acts.change(entries[0], 5.0)
    assert st.session_state["failed"] == f"The {refused} was refused: value must be fair. The rest was taken."
    assert told() == "a part of this: rated X 5 stars"
    assert api.said() == kept
    api.refuses = set()
    acts.undo()
    assert api.said() == ["rated X 2 stars"]


def test_what_shares_a_moment_is_taken_back_at_once_and_comes_back_at_once(api: Api):
    entries = given(api, like=None, rating=2.0)
    acts.remove(entries)
    assert told() == "took back: liked X and rated X 2 stars"
    assert api.said() == []
    acts.undo()
    assert api.said() == ["liked X", "rated X 2 stars"]
    liked, rated = api.history()
    acts.change(rated, 4.0, [liked])
    assert api.said() == ["liked X", "rated X 4 stars"]
    acts.undo()
    assert api.said() == ["liked X", "rated X 2 stars"]


def test_a_review_is_not_lost_unsaid(api: Api):
    entries = given(api, rating=2.0, review=None)
    acts.change(entries[0], 4.0, entries[1:])
    assert api.said() == ["rated X 2 stars", "rated X 4 stars", "reviewed X"]
    acts.undo()
    acts.shown()
    acts.remove(entries)
    assert told() == "took back: rated X 2 stars and reviewed X, which cannot be brought back"
    acts.undo()
    assert api.said() == ["rated X 2 stars"]
    api.events = {}
    acts.remove(given(api, review=None))
    st.session_state["since"] = None
    acts.undo()
    assert st.session_state["since"] is None
