"""A user's history is in order of time, however events arrive."""

from hypothesis import given
from hypothesis import strategies as st

from matinee.events.types import USER_EVENT_TYPES
from matinee.serve.history import PastEvent, UserHistory

pasts = st.builds(
    PastEvent,
    column=st.integers(0, 2**31),
    type=st.sampled_from(USER_EVENT_TYPES),
    value=st.none() | st.floats(0, 604_800),
    at=st.integers(-(2**51), 2**51),
    ordinal=st.integers(0, 2**52),
)


@given(st.lists(pasts, unique_by=lambda past: past.ordinal))
def test_any_order_of_arrival_gives_the_same_history(events):
    history = UserHistory()
    for event in events:
        history.add(*event)
    rows = [history.row(place) for place in range(len(history))]
    assert rows == sorted(events, key=lambda past: (past.at, past.ordinal))


@given(st.lists(st.tuples(pasts, st.booleans()), unique_by=lambda each: each[0].ordinal))
def test_an_event_that_lands_before_one_that_was_seen_is_noted(given_events):
    history = UserHistory()
    seen: list[PastEvent] = []
    noted = history.rebuilt
    for event, look in given_events:
        history.add(*event)
        if look:
            rows = [history.row(place) for place in range(len(history))]
            assert (history.rebuilt != noted) or rows[: len(seen)] == seen
            seen, noted = rows, history.rebuilt
