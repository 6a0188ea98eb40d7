"""A live state from the lake: the same in however many parts it is read."""

from pathlib import Path

import pytest

from matinee.app import open_matinee
from matinee.serve import snapshot
from matinee.serve.live import LiveState


def told(live: LiveState):
    """Everything it says of users and movies, by their names."""
    columns = {column: movie for movie, column in live.columns.items()}
    histories = {
        user: [(columns[row.column], *row[1:]) for row in map(past.row, range(len(past)))]
        for user, past in live.users.items()
    }
    audience = {
        movie: [live.names[n] for n in live.audience[column]] for movie, column in live.columns.items()
    }
    tallies = {movie: live.tallies.of(column) for movie, column in live.columns.items()}
    facts = {movie: live.facts[column] for movie, column in live.columns.items()}
    numbers = {user: live.names[past.number] for user, past in live.users.items()}
    return histories, audience, tallies, facts, numbers, live.position


def test_in_parts_it_is_the_same(home: Path, monkeypatch: pytest.MonkeyPatch):
    with open_matinee(home) as matinee:
        whole = told(snapshot.restore(matinee.lake))
        monkeypatch.setattr(snapshot, "_PART", 9_999)
        parts = told(snapshot.restore(matinee.lake))
    assert parts == whole
    assert len(whole[0]) > 50
    assert all(user == name for user, name in whole[4].items())
