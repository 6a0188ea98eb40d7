"""Who is like whom, who likes a movie and who would: from the live state and the tastes of its users."""

from collections.abc import Sequence
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

import numpy as np
import polars as pl

from matinee.events.meaning import strength, strength_column
from matinee.events.types import USER_EVENT_TYPES
from matinee.models.base import Floats
from matinee.serve.history import COLUMN, TYPE, VALUE, UserHistory
from matinee.serve.live import LiveState
from matinee.serve.masks import Mask, is_shown
from matinee.serve.recommender import Recommender
from matinee.serve.tastes import Scored, Tastes
from matinee.serve.variety import top

LATEST = 500
"""How many of a movie's latest users are looked at: a millisecond or two, however popular it is."""
_EVENTS = 10 * LATEST
"""Among so many of its latest events they are sought, should a few users have sent most of them."""
TELLING = 5
"""How many of the movies that two users both liked are named."""

_TYPES = pl.Enum(USER_EVENT_TYPES)
_NONE = np.float32(-np.inf)


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


class Said(NamedTuple):
    """Of which movies, the columns of the live state, a user said something, and of which good all in all."""

    met: Mask
    liked: Mask


class Fan(NamedTuple):
    """A user of a movie, and the strength, from -1 to 1, of what they said of it."""

    user: str
    strength: float
    at: int


def similar_users(recommender: Recommender, tastes: Tastes, user: str, k: int) -> list[Neighbour]:
    """The `k` users whose tastes are nearest to that of `user`, nearest first, with what they share."""
    live = recommender.live
    past = live.users.get(user)
    if past is None:
        return []
    near = tastes.near(user, k)
    mine, *theirs = _said([past, *(live.users[each.user] for each in near)], len(live.movies))
    scores = _scores(recommender, user, np.any([each.liked & ~mine.met for each in theirs], axis=0))
    return [
        Neighbour(
            scored.user,
            scored.score,
            int(np.count_nonzero(mine.met & other.met)),
            _telling(live, mine.liked & other.liked),
            tuple(live.movies[column] for column in top(np.where(other.liked, scores, _NONE), TELLING)),
        )
        for scored, other in zip(near, theirs, strict=True)
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


def _said(pasts: Sequence[UserHistory], movies: int) -> list[Said]:
    """What each of these users said of the `movies` of the live state."""
    rows = np.concatenate([past.matrix() for past in pasts])
    events = pl.DataFrame(
        {
            "type": pl.Series(rows[:, TYPE].astype(np.uint8)).cat.to(_TYPES),
            "value": pl.Series(rows[:, VALUE], nan_to_null=True),
        }
    )
    strengths = events.select(strength_column())["strength"].to_numpy()
    users = np.repeat(np.arange(len(pasts)), [len(past) for past in pasts])
    at = users * movies + rows[:, COLUMN].astype(np.int64)
    size = len(pasts) * movies
    met = np.bincount(at, minlength=size).reshape(-1, movies) > 0
    liked = np.bincount(at, strengths, size).reshape(-1, movies) > 0
    return [Said(*each) for each in zip(met, liked, strict=True)]


def _telling(live: LiveState, both: Mask) -> tuple[str, ...]:
    few = nsmallest(TELLING, np.flatnonzero(both).tolist(), key=lambda column: len(live.audience[column]))
    return tuple(live.movies[column] for column in few)


def _scores(recommender: Recommender, user: str, among: Mask) -> Floats:
    """By column, the scores for `user` of those that may be listed and that the model knows; else -inf."""
    live = recommender.live
    columns = [column for column in np.flatnonzero(among).tolist() if is_shown(live.facts[column])]
    scores = np.full(len(live.movies), _NONE)
    asked = recommender.scores(user, [live.movies[column] for column in columns])
    scores[columns] = [_NONE if score is None else score for score in asked]
    return scores


def _fan(live: LiveState, user: str, column: int) -> Fan:
    history = live.users[user]
    places = np.flatnonzero(history.matrix()[:, COLUMN] == column).tolist()
    said = [history.row(place) for place in places]
    total = sum(strength(event.type, event.value) for event in said)
    return Fan(user, max(-1.0, min(1.0, total)), said[-1].at)
