"""The live state: what every user did and what is known of every movie, as of a position in the log.

It is changed by one thread only (the event loop of the API), so nothing here is locked.
"""

import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import polars as pl

from matinee.errors import EventError
from matinee.events.codec import decode_stored, decode_stored_plain
from matinee.events.meaning import enriched
from matinee.events.types import USER_EVENT_TYPES, Event, Facts, updated
from matinee.log.base import ORDINALS, Batch, Position, moment_of
from matinee.log.ids import digests_of
from matinee.serve.history import (
    AT,
    COLUMN,
    ORDINAL,
    ROW_BYTES,
    TYPE,
    TYPE_CODES,
    VALUE,
    WIDTH,
    UserHistory,
)
from matinee.serve.met import Met
from matinee.serve.moments import REMEMBERED, Moments
from matinee.serve.retractions import Retraction, Retractions, Said
from matinee.serve.tallies import Tallies

_AHEAD = 1_000_000
"""Microseconds by which the clocks of producers may be ahead of ours."""
_FEW = 16
"""So few events are taken in quicker one by one."""
_OF_USERS = frozenset(USER_EVENT_TYPES)


class LiveState:
    """Every user's history and every movie's facts, and how far in the log they are.

    A movie is a column: an integer from 0, given at first sight and never changed.
    """

    def __init__(self) -> None:
        self.position = Position()
        self.users: dict[str, UserHistory] = {}
        self.columns: dict[str, int] = {}
        self.movies: list[str] = []
        self.facts: list[Facts | None] = []
        self.changes = 0
        """Counts the changes of facts, for whoever derives something from them."""
        self._changed: dict[int, int] = {}
        """The columns whose facts changed, and which change was the last of each, in this order."""
        self.audience: list[array[int]] = []
        """For each movie, the numbers of the users in `names` with an event of it, repeats included."""
        self.tallies = Tallies()
        self.names: list[str] = []
        self.on_taken: Callable[[Sequence[Event], Sequence[int]], None] | None = None
        """Told of events and their ordinals in the log, once they are taken in, if they count."""
        self._moments = Moments()
        """Of a log with several partitions."""
        self._erased: dict[bytes, int] = {}
        """The erasures of lately in such a log: their ordinals, by a digest of who was erased."""
        self.forgotten = 0
        """Counts the users forgotten, for whoever keeps something of them."""
        self.taken_back = 0
        """Counts the events taken back, for whoever counts those of movies."""
        self._retractions = Retractions()

    def column(self, movie: str) -> int:
        """The column of `movie`, a new one at first sight."""
        column = self.columns.get(movie)
        if column is None:
            column = self.columns[movie] = len(self.movies)
            self.movies.append(movie)
            self.facts.append(None)
            self.audience.append(array("I"))
        return column

    def _name(self, user: str) -> int:
        """The number of a new user."""
        self.names.append(user)
        return len(self.names) - 1

    def take(self, batch: Batch, sent: dict[bytes, Event] | None = None) -> None:
        """Take in what was read from the log behind `position`.

        What cannot be read as an event is passed over: the stream sets it aside with its reason. Events that
        are in `sent`, by their bytes, are taken out of it instead of decoded.
        """
        values, moments, ordinals = batch.contents
        several = len(batch.position) > 1
        if several:
            self._moments.note(ordinals, _not_ahead(moments))
        events = _decoded(values, moments, sent) if moments and not self._erased else None
        if events is None:
            self._take_each(values, moments, ordinals, several=several)
        else:
            self._take(events, ordinals)
        self.position = batch.position

    def _take_each(
        self, values: Sequence[bytes], moments: Sequence[int], ordinals: Sequence[int], *, several: bool
    ) -> None:
        appended, now = 0, moment_of(0)
        for value, moment, ordinal in zip(values, moments, ordinals, strict=True):
            if moment != appended:  # the same for all that were appended together
                appended, now = moment, moment_of(moment)
            try:
                event = decode_stored(value, now)
            except EventError:
                continue
            erasure = self._erased.get(_digest(event.user)) if self._erased else None
            if erasure is not None and self._moments.reaches(erasure, ordinal):
                continue
            self._take([event], [ordinal])
            if several and event.type == "erase" and not self._is_later(erasure, ordinal):
                self._erased[_digest(event.user)] = ordinal

    def _is_later(self, erasure: int | None, ordinal: int) -> bool:
        """Whether this erasure is of a later moment, so that it reaches more in other partitions."""
        return erasure is not None and self._moments.at(erasure) > self._moments.at(ordinal)

    def caught_up(self) -> None:
        """Know that everything was taken in: what erasures of long ago reach is gone by now."""
        old = self._moments.newest() - REMEMBERED
        self._moments.forget(old)
        self._erased = {who: each for who, each in self._erased.items() if self._moments.at(each) >= old}

    def take_appended(self, events: Sequence[Event], end: int) -> None:
        """Take in what this process just appended, the last of it at offset `end`.

        For a log of one partition whose position here is just before the first of them.
        """
        self._take(events, range(end - len(events) + 1, end + 1))
        self.position = Position((end,))

    def _take(self, events: Sequence[Event], ordinals: Sequence[int]) -> None:
        if len(events) > _FEW and _OF_USERS.issuperset([event.type for event in events]):
            self._take_many(events, ordinals)
        else:
            for event, ordinal in zip(events, ordinals, strict=True):
                self._take_one(event, ordinal)
        if self.on_taken is not None:
            self.on_taken(*self._counting(events, ordinals))

    def _take_one(self, event: Event, ordinal: int) -> None:
        if event.type == "movie":
            self.learn(event.movie, enriched(event.facts or Facts()))
        elif event.type == "erase":
            self._erase(event.user, ordinal)
        elif event.of is not None:
            self._retract(event.user, Retraction(event.movie, _microseconds(event.of), ordinal))
        else:
            at = _microseconds(event.at)
            self._say(event.user, Said(event.movie, event.type, event.value, at, ordinal))

    def _say(self, user: str, said: Said) -> None:
        if self._retractions and self._retractions.reach(user, said.movie, said.at):
            self._retractions.keep(user, said)
            return
        column, history = self.column(said.movie), self._history(user)
        history.add(column, *said[1:])
        self.audience[column].append(history.number)
        self.tallies.add(column, TYPE_CODES[said.type], said.value, 1)

    def _retract(self, user: str, retraction: Retraction) -> None:
        """Have it as if the user had never said what is taken back, and never say it."""
        self._retractions.add(user, retraction)
        history, column = self.users.get(user), self.columns.get(retraction.movie)
        if history is None or column is None:
            return
        rows = history.matrix()
        met = np.sort(rows[rows[:, COLUMN] == column, ORDINAL])
        gone = history.remove(column, retraction.at)
        if not gone:
            return
        audience = np.array(self.audience[column])
        own = np.flatnonzero(audience == history.number)  # as they came in, the order of ordinals
        left = np.delete(audience, own[np.searchsorted(met, [event.ordinal for event in gone])])
        self.audience[column] = array("I", left.tobytes())
        for event in gone:
            self.tallies.add(column, TYPE_CODES[event.type], event.value, -1)
            self._retractions.keep(user, Said(retraction.movie, *event[1:]))
        self.taken_back += len(gone)
        if not len(history):
            self._drop(user)

    def _is_taken_back(self, event: Event) -> bool:
        retractions = self._retractions
        return event.user in retractions and retractions.reach(
            event.user, event.movie, _microseconds(event.at)
        )

    def _counting(
        self, events: Sequence[Event], ordinals: Sequence[int]
    ) -> tuple[Sequence[Event], Sequence[int]]:
        """These but what is taken back."""
        if not self._retractions:
            return events, ordinals
        places = [place for place, event in enumerate(events) if not self._is_taken_back(event)]
        return [events[place] for place in places], [ordinals[place] for place in places]

    def _take_many(self, events: Sequence[Event], ordinals: Sequence[int]) -> None:
        """What `_take_one` does with each of these events of users, in a third of the time."""
        if self._retractions:
            for event, ordinal in zip(events, ordinals, strict=True):
                if self._is_taken_back(event):
                    self._take_one(event, ordinal)
            events, ordinals = self._counting(events, ordinals)
        audience, users = self.audience, self.users
        for event in events:
            if event.movie not in self.columns:
                self.column(event.movie)  # new ones first, so that below each is only looked up
        columns = [self.columns[event.movie] for event in events]
        rows = _rows_of(events, columns, ordinals)
        packed, start = rows.tobytes(), 0
        moments = rows[:, AT].tolist()
        for event, column, at, ordinal in zip(events, columns, moments, ordinals, strict=True):
            history = users.get(event.user)
            if history is None:
                history = self._history(event.user)
            history.add_row(packed[start : start + ROW_BYTES], at, ordinal)
            audience[column].append(history.number)
            start += ROW_BYTES
        self.tallies.add_rows(rows)

    def _history(self, user: str) -> UserHistory:
        """The history of `user`, a new one at first sight."""
        history = self.users.get(user)
        if history is None:
            history = self.users[user] = UserHistory(self._name(user))
        return history

    def events_at(self, movie: str) -> int:
        """How many events users have at `movie`, repeats included."""
        column = self.columns.get(movie)
        return 0 if column is None else len(self.audience[column])

    def facts_of(self, movie: str) -> Facts | None:
        """What is known of `movie`."""
        column = self.columns.get(movie)
        return None if column is None else self.facts[column]

    def learn(self, movie: str, facts: Facts) -> None:
        """Add facts of a movie: those given replace, those absent stay."""
        column = self.column(movie)
        self.facts[column] = updated(self.facts[column], facts)
        self.changes += 1
        self._changed.pop(column, None)
        self._changed[column] = self.changes

    def learned_since(self, change: int) -> list[int]:
        """The columns whose facts changed after so many changes, in the order of their last one."""
        newest = takewhile(lambda each: each[1] > change, reversed(self._changed.items()))
        return [column for column, _ in newest][::-1]

    def _erase(self, user: str, erasure: int) -> None:
        """Forget `user`, but for what another partition gave already of the time after the erasure."""
        history = self.users.get(user) or UserHistory()
        past = map(history.row, range(len(history)))
        said = [Said(self.movies[event.column], *event[1:]) for event in past]
        retractions, taken_back = self._retractions.pop(user)
        self.forget(user)
        for retraction in retractions:
            if not self._moments.reaches(erasure, retraction.ordinal):
                self._retractions.add(user, retraction)
        for each in sorted([*said, *taken_back], key=lambda each: (each.at, each.ordinal)):
            if not self._moments.reaches(erasure, each.ordinal):
                self._say(user, each)

    def forget(self, user: str) -> None:
        """Remove everything of `user`, the name included."""
        self._retractions.pop(user)
        history = self.users.get(user)
        if history is None:
            return
        self._drop(user)
        for place in range(len(history)):
            event = history.row(place)
            self.tallies.add(event.column, TYPE_CODES[event.type], event.value, -1)
        for column in set(history.matrix()[:, COLUMN].astype(int).tolist()):
            audience = np.array(self.audience[column])
            self.audience[column] = array("I", audience[audience != history.number].tobytes())

    def _drop(self, user: str) -> None:
        """Know `user` no more."""
        self.names[self.users.pop(user).number] = ""
        self.forgotten += 1

    def known(self) -> Iterator[tuple[int, Facts]]:
        """The columns of movies that something is known of, with their facts."""
        return ((column, facts) for column, facts in enumerate(self.facts) if facts is not None)

    def restore(self, parts: Iterable[pl.DataFrame], movies: Iterable[tuple[str, Facts]]) -> None:
        """Start from a snapshot: the lake's movies, and the rows of its `events` in parts.

        Every user is in one part alone, so that never more than a part is held twice. The caller sets
        `position` to what the snapshot covers, and tells the erasures in it by `remember`.
        """
        for movie, facts in movies:
            self.learn(movie, facts)
        counting = map(self._retractions.restore, parts)
        met = [Met.of(*self._restore_users(part)) for part in counting if not part.is_empty()]
        if met:
            self.audience = Met(*map(np.concatenate, zip(*met, strict=True))).audience(len(self.movies))

    def remember(self, places: pl.DataFrame, erasures: pl.DataFrame) -> None:
        """Know of a snapshot of several partitions when its entries were appended, and who was erased lately.

        `places` have the columns partition, offset and appended, `erasures` also who, a digest.
        """
        both = pl.concat([each.select("partition", "offset", "appended") for each in (places, erasures)])
        both = both.sort("partition", "offset")
        self._moments.note(_ordinals(both), both["appended"].dt.timestamp("us"))
        erasures = erasures.sort("appended")
        self._erased |= zip(erasures["who"], _ordinals(erasures), strict=True)

    def _restore_users(self, events: pl.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint32]]:
        """Take the histories of these users in; return their rows, and the number of each one's user."""
        for movie in events["movie"].unique(maintain_order=True):
            self.column(movie)
        codes = pl.Enum(USER_EVENT_TYPES)
        rows = events.sort("user", "at", "partition", "offset").select(
            "user",
            pl.col("movie").replace_strict(self.columns, return_dtype=pl.Float64).alias("column"),
            pl.col("type").cast(codes).to_physical().cast(pl.Float64),
            pl.col("value").fill_null(float("nan")),
            pl.col("at").dt.timestamp("us").cast(pl.Float64),
            ORDINALS.cast(pl.Float64),
        )
        matrix = rows.drop("user").to_numpy(order="c")
        lengths = rows["user"].rle().struct.unnest()
        first, start = len(self.names), 0
        for user, length in zip(lengths["value"], lengths["len"], strict=True):
            own = array("d", matrix[start : start + length].tobytes())
            self.users[user] = UserHistory(self._name(user), own)
            start += length
        self.tallies.add_rows(matrix)
        numbers = np.arange(first, len(self.names), dtype=np.uint32)
        return matrix, np.repeat(numbers, lengths["len"].to_numpy())


def _decoded(
    values: Sequence[bytes], moments: Sequence[int], sent: dict[bytes, Event] | None
) -> list[Event] | None:
    """All of these; None where some are to be taken one by one: what is not plain, and erasures."""
    now = moment_of(min(moments))
    if not sent:
        return decode_stored_plain(values, now)
    known = [sent.pop(value, None) for value in values]
    others = [value for value, event in zip(values, known, strict=True) if event is None]
    decoded = decode_stored_plain(others, now) if others else []
    if decoded is None or "erase" in {event.type for event in known if event is not None}:
        return None
    rest = iter(decoded)
    return [next(rest) if event is None else event for event in known]


def _rows_of(
    events: Sequence[Event], columns: Sequence[int], ordinals: Sequence[int]
) -> npt.NDArray[np.float64]:
    """What a history has of each of these events of users, shape (events, WIDTH)."""
    rows = np.empty((len(events), WIDTH))
    rows[:, COLUMN] = columns
    rows[:, TYPE] = [TYPE_CODES[event.type] for event in events]
    rows[:, VALUE] = [event.value for event in events]  # None is NaN
    rows[:, AT] = np.round(np.array([event.at.timestamp() for event in events]) * 1e6)
    rows[:, ORDINAL] = ordinals
    return rows


def _ordinals(places: pl.DataFrame) -> list[int]:
    return places.select(ordinal=ORDINALS)["ordinal"].to_list()


def _not_ahead(moments: list[int]) -> list[int]:
    """These, but now in place of what a producer's clock has far ahead: else no erasure would reach it."""
    now = time.time_ns() // 1000
    if max(moments, default=0) <= now + _AHEAD:
        return moments
    return [moment if moment <= now + _AHEAD else now for moment in moments]


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def _digest(user: str) -> bytes:
    return digests_of([user])[0]
