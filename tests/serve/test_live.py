"""The live state is the same in however many pieces it takes the log in."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from matinee.log.base import Entry, Listed, Position, Record
from matinee.serve.live import LiveState
from tests.serve.world import NOON
from tests.stream import given as draw


def taken(records: list[Record], size: int) -> dict[str, Any]:
    """Everything that a live state has, when it took so many at once."""
    moment, live = int(NOON.timestamp() * 1e6), LiveState()
    entries = [Entry(0, place, moment + place // 3, *each) for place, each in enumerate(records, 1)]
    for start in range(0, len(entries), size):
        piece = entries[start : start + size]
        live.take(Listed(piece, Position((piece[-1].offset,))))
    users = {user: (own.number, own.rebuilt, own.matrix().tobytes()) for user, own in live.users.items()}
    return vars(live) | {"users": users}


@given(st.lists(draw.records, min_size=4, max_size=4))
def test_many_at_once_are_the_same_as_one_by_one(records: list[list[Record]]):
    happened = [record for some in records for record in some]
    assert taken(happened, len(happened) or 1) == taken(happened, 1)
