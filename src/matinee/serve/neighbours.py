"""Who is like whom, who likes a movie and who would: from the live state and the tastes of its users."""

from itertools import islice
from typing import NamedTuple

import numpy as np

from matinee.events.meaning import strength
from matinee.models.base import Ints
from matinee.serve.history import COLUMN, UserHistory
from matinee.serve.live import LiveState
from matinee.serve.masks import is_shown
from matinee.serve.recommender import Recommender
from matinee.serve.tastes import Scored, Tastes

LATEST = 500
"""How many of a movie's latest users are looked at: a millisecond or two, however popular it is."""
_EVENTS = 10 * LATEST
"""Among so many of its latest events they are sought, should a few users have sent most of them."""
TELLING = 5
"""How many of the movies that two users both liked are named."""


class Neighbour(NamedTuple):
    """Another user: how alike their tastes are, the movies both have events at, and some that both liked.

    `shared` are at most `TELLING`, those with the fewest events first: what few have met says the most.
    `passes_on` are at most `TELLING` that the other liked and the user has no event at, those first that
    score best for the user; none that is hidden, has no title or is unknown to the model.
    """

    user: str
    score: float
    in_common: int
    shared: tuple[str, ...]
    passes_on: tuple[str, ...]


class Fan(NamedTuple):
    """A user of a movie, and the strength, from -1 to 1, of what they said of it."""

    user: str
    strength: float
    at: int


def similar_users(recommender: Recommender, tastes: Tastes, user: str, k: int) -> list[Neighbour]:
    """The `k` users whose tastes are nearest to that of `user`, nearest first, with what they share."""
    live = recommender.live
    mine = live.users.get(user)
    if mine is None:
        return []
    met = np.unique(_columns(mine))
    liked = _liked(mine, met)
    near = tastes.near(user, k)
    new = [_new(live, live.users[each.user], met) for each in near]
    movies = list(dict.fromkeys(movie for theirs in new for movie in theirs))
    scored = zip(movies, recommender.scores(user, movies), strict=True)
    scores = {movie: score for movie, score in scored if score is not None}
    best = [sorted(scores.keys() & theirs, key=lambda movie: (-scores[movie], movie)) for theirs in new]
    return [
        _neighbour(live, each, met, liked, passed[:TELLING]) for each, passed in zip(near, best, strict=True)
    ]


def would_like(live: LiveState, tastes: Tastes, movie: str, k: int) -> list[Scored]:
    """The `k` users without an event at `movie` for whom it stands out the most; see `Tastes.drawn_to`."""
    column = live.columns.get(movie)
    return [] if column is None else tastes.drawn_to(movie, set(live.audience[column]), k)


def audience(live: LiveState, movie: str, k: int) -> list[Fan]:
    """Of the latest users of `movie`, the `k` who said the best of it, the latest first among equals."""
    column = live.columns.get(movie)
    if column is None:
        return []
    users = dict.fromkeys(reversed(live.audience[column][-_EVENTS:]))
    fans = [_fan(live, live.names[number], column) for number in islice(users, LATEST)]
    return sorted(fans, key=lambda fan: (-fan.strength, -fan.at, fan.user))[:k]


def _neighbour(live: LiveState, near: Scored, met: Ints, liked: Ints, passed: list[str]) -> Neighbour:
    theirs = live.users[near.user]
    both = _liked(theirs, liked).tolist()
    telling = sorted(both, key=lambda column: (len(live.audience[column]), column))[:TELLING]
    in_common = len(np.intersect1d(met, _columns(theirs)))
    shared = tuple(live.movies[column] for column in telling)
    return Neighbour(near.user, near.score, in_common, shared, tuple(passed))


def _new(live: LiveState, theirs: UserHistory, met: Ints) -> list[str]:
    """What may be listed of the movies that the other liked and the user has not `met`."""
    liked = _liked(theirs, np.setdiff1d(_columns(theirs), met)).tolist()
    return [live.movies[column] for column in liked if is_shown(live.facts[column])]


def _columns(past: UserHistory) -> Ints:
    return past.matrix()[:, COLUMN].astype(np.int32)


def _liked(past: UserHistory, among: Ints) -> Ints:
    """Which of the movies `among` the user's events speak for, all in all."""
    said: dict[int, float] = {}
    for place in np.flatnonzero(np.isin(_columns(past), among)).tolist():
        column, type_, value = past.said(place)
        said[column] = said.get(column, 0.0) + strength(type_, value)
    return np.array([column for column, total in said.items() if total > 0], np.int32)


def _fan(live: LiveState, user: str, column: int) -> Fan:
    history = live.users[user]
    places = np.flatnonzero(history.matrix()[:, COLUMN] == column).tolist()
    said = [history.row(place) for place in places]
    total = sum(strength(event.type, event.value) for event in said)
    return Fan(user, max(-1.0, min(1.0, total)), said[-1].at)
