"""Who is like whom: users by what they share, and the audience of a movie, from the live state itself."""

from typing import NamedTuple

import numpy as np

from matinee.events.meaning import strength
from matinee.serve.history import COLUMN
from matinee.serve.live import LiveState

CANDIDATES = 5000
AUDIENCE = 20_000
LATEST = 500
"""How many of a movie's latest users are looked at: a millisecond or two, however popular it is."""


class Neighbour(NamedTuple):
    """Another user: the cosine of the two sets of movies, from 0 to 1, and how many they share."""

    user: str
    score: float
    shared: int


class Fan(NamedTuple):
    """A user of a movie, and the strength, from -1 to 1, of what they said of it."""

    user: str
    strength: float
    at: int


def similar_users(live: LiveState, user: str, k: int) -> list[Neighbour]:
    """The `k` users whose sets of movies are most like that of `user`: cosine |A and B| / sqrt(|A| |B|).

    Looked for among the `CANDIDATES` who share the most; of a movie's audience, its latest `AUDIENCE`.
    """
    mine = live.users.get(user)
    if mine is None:
        return []
    movies = np.unique(mine.matrix()[:, COLUMN].astype(np.int64))
    audiences = [np.unique(np.array(live.audience[movie][-AUDIENCE:])) for movie in movies.tolist()]
    shared = np.bincount(np.concatenate(audiences), minlength=len(live.names))
    shared[mine.number] = 0
    near = np.argsort(-shared, kind="stable")[:CANDIDATES]
    near = near[shared[near] > 0]
    sizes = np.array([len(live.users[live.names[number]]) for number in near.tolist()])
    rough = shared[near] / np.sqrt(np.maximum(sizes, 1))  # events, not movies: the same unless they repeat
    found = []
    for number in near[np.argsort(-rough, kind="stable")[: 4 * k]].tolist():
        name = live.names[number]
        theirs = len(np.unique(live.users[name].matrix()[:, COLUMN]))
        cosine = shared[number] / np.sqrt(len(movies) * theirs)
        found.append(Neighbour(name, float(cosine), int(shared[number])))
    return sorted(found, key=lambda each: (-each.score, each.user))[:k]


def audience(live: LiveState, movie: str, k: int) -> list[Fan]:
    """Of the latest users of `movie`, the `k` who said the best of it, the latest first among equals."""
    column = live.columns.get(movie)
    if column is None:
        return []
    latest = dict.fromkeys(reversed(live.audience[column][-LATEST:]))
    fans = [_fan(live, live.names[number], column) for number in latest]
    return sorted(fans, key=lambda fan: (-fan.strength, -fan.at, fan.user))[:k]


def _fan(live: LiveState, user: str, column: int) -> Fan:
    history = live.users[user]
    places = np.flatnonzero(history.matrix()[:, COLUMN] == column).tolist()
    said = [history.row(place) for place in places]
    total = sum(strength(event.type, event.value) for event in said)
    return Fan(user, max(-1.0, min(1.0, total)), said[-1].at)
