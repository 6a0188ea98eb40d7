"""Events in order of (user, time) as the lives of their users: places, firsts, the latest."""

import numpy as np
import numpy.typing as npt

from matinee.models.base import Ints

Longs = npt.NDArray[np.int64]
DAY = 86_400_000_000
"""In microseconds, as all times are."""
LONGEST = 5000
"""The most events of a user that are trained on: the pairs of one life grow with the square of its length."""


def latest(users: Ints) -> npt.NDArray[np.bool_]:
    """Which events are among the last `LONGEST` of their user."""
    return _latest(users.astype(np.int64), LONGEST)


def latest_of_pairs(users: Ints, rows: Ints, most: int) -> npt.NDArray[np.bool_]:
    """Which events are among the last `most` of their user in their row; -1 is one too."""
    return _latest(_pairs(users, rows), most)


def first_of_pairs(users: Ints, movies: Ints) -> npt.NDArray[np.bool_]:
    """Which events are the first of their user and movie."""
    first = np.zeros(len(users), bool)
    first[np.unique(_pairs(users, movies), return_index=True)[1]] = True
    return first


def _pairs(users: Ints, others: Ints) -> Longs:
    """A number from 0 on for each pair of a user and something else from -1 on."""
    pairs: Longs = users.astype(np.int64) * (int(others.max(initial=0)) + 2) + others + 1
    return pairs


def _latest(keys: Longs, most: int) -> npt.NDArray[np.bool_]:
    order = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(np.diff(keys[order], append=-1)) + 1
    kept = np.empty(len(keys), bool)
    kept[order] = np.repeat(ends, np.diff(ends, prepend=0)) - np.arange(len(keys)) <= most
    return kept


def places_of(users: Ints) -> Ints:
    """The place of every event within its user's life, from 0; `users` is sorted."""
    starts = np.flatnonzero(np.r_[True, users[1:] != users[:-1]]) if len(users) else np.zeros(0, int)
    lengths = np.diff(np.r_[starts, len(users)])
    return (np.arange(len(users)) - np.repeat(starts, lengths)).astype(np.int32)


def grouped(keys: Ints, n: int) -> tuple[Longs, Longs]:
    """(events, bounds): `events[bounds[i] : bounds[i + 1]]` have the key i, in order; -1 is no key."""
    events = np.argsort(keys, kind="stable")
    return events, np.searchsorted(keys[events], np.arange(n + 1))
