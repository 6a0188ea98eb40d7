"""Who is like whom, who likes a movie and who would: from the live state and the tastes of its users."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import polars as pl

from matinee.events.meaning import strength, strength_column
from matinee.events.types import USER_EVENT_TYPES
from matinee.models.base import Floats, Ints
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


class Opinion(NamedTuple):
    """Of which movies a user said something, and of which good all in all."""

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
    movies, (mine, *theirs) = _opinions([past, *(live.users[each.user] for each in near)])
    new = np.any([other.liked & ~mine.met for other in theirs], axis=0)
    scores = _scores(recommender, user, movies, new)
    return [
        Neighbour(
            scored.user,
            scored.score,
            int(np.count_nonzero(mine.met & other.met)),
            _telling(live, movies[mine.liked & other.liked]),
            _named(live, movies[top(np.where(other.liked, scores, _NONE), TELLING)]),
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


def _opinions(pasts: Sequence[UserHistory]) -> tuple[Ints, list[Opinion]]:
    """The columns in the live state of all movies that any of these users met, and what each said of them."""
    rows = np.concatenate([past.matrix() for past in pasts])
    events = pl.DataFrame(
        {
            "type": pl.Series(rows[:, TYPE].astype(np.uint8)).cat.to(_TYPES),
            "value": pl.Series(rows[:, VALUE], nan_to_null=True),
        }
    )
    strengths = events.select(strength_column())["strength"].to_numpy()
    users = np.repeat(np.arange(len(pasts)), [len(past) for past in pasts])
    movies, places = np.unique(rows[:, COLUMN].astype(np.int32), return_inverse=True)
    shape = len(pasts), len(movies)
    at = users * len(movies) + places
    met = np.bincount(at, minlength=len(pasts) * len(movies)).reshape(shape) > 0
    liked = np.bincount(at, strengths, len(pasts) * len(movies)).reshape(shape) > 0
    return movies, [Opinion(*each) for each in zip(met, liked, strict=True)]


def _named(live: LiveState, columns: Ints) -> tuple[str, ...]:
    return tuple(live.movies[column] for column in columns.tolist())


def _telling(live: LiveState, both: Ints) -> tuple[str, ...]:
    events = [len(live.audience[column]) for column in both.tolist()]
    return _named(live, both[np.argsort(events, kind="stable")[:TELLING]])


def _scores(recommender: Recommender, user: str, movies: Ints, among: Mask) -> Floats:
    """The scores for `user` of those that may be listed and that the model knows; of all else -inf."""
    live = recommender.live
    asked = zip(np.flatnonzero(among).tolist(), movies[among].tolist(), strict=True)
    places = [place for place, column in asked if is_shown(live.facts[column])]
    scores = np.full(len(movies), _NONE)
    known = recommender.scores(user, _named(live, movies[places]))
    scores[places] = [_NONE if score is None else score for score in known]
    return scores


def _fan(live: LiveState, user: str, column: int) -> Fan:
    history = live.users[user]
    said = [history.row(place) for place in history.places(column)]
    total = sum(strength(event.type, event.value) for event in said)
    return Fan(user, max(-1.0, min(1.0, total)), said[-1].at)
