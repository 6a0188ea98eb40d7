"""From scores to a list: what is asked of it, what is left out, in which order it is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from matinee.evaluation.metrics import MISSED, rank
from matinee.models.base import Floats, Ints
from matinee.models.lives import DAY
from matinee.serve.exploration import TEN, explored, explored_tens
from matinee.serve.history import UserHistory
from matinee.serve.movies import Movies
from matinee.serve.reasons import Reason, reasons_of
from matinee.serve.sentences import sentence
from matinee.serve.variety import arranged, top
from matinee.serve.warm import Warm

ListKind = Literal["personal", "new-user", "popular"]
NEW_USER_EVENTS = 5
"""Below this many events a user counts as new."""
_LEAST = np.float32(-np.inf)
_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ListQuery:
    """What is asked of a list."""

    k: int = 10
    skip: int = 0
    genre: str | None = None
    years: tuple[int, int] | None = None
    include_seen: bool = False
    exclude: tuple[str, ...] = ()
    variety: float | None = None
    """From 0, the safest, to 1; None is the recommender's own."""


@dataclass(frozen=True)
class ListOptions:
    """How lists are made unless a query says otherwise."""

    variety: float = 0.0
    """From 0, the order of the scores, to 1: how much a list avoids to repeat itself; see `variety`."""
    exploration: float = 0.0
    """The share of places, from 0 to 0.1, for movies that few have met; see `exploration`."""


class Pick(NamedTuple):
    """One recommended movie."""

    movie: str
    score: float
    reasons: tuple[Reason, ...] = ()
    explored: bool = False
    """Whether it is there because few have met it, and not by its score."""
    why: str | None = None
    """The reasons in a sentence, where there are reasons."""


class Picks(NamedTuple):
    """A list, and what kind it is."""

    kind: ListKind
    picks: list[Pick]


class Lists:
    """Makes the lists of one model, each once: nothing of them is kept here."""

    def __init__(self, movies: Movies, options: ListOptions, *, trained: bool) -> None:
        """`trained` is whether the model knows more of a user than what is popular."""
        self._movies = movies
        self._options = options
        self._trained = trained

    def of_user(self, user: str, warm: Warm, query: ListQuery, reasons: int, at: int) -> Picks:
        """The list of `user`, whose state is `warm`, asked for `at` a moment; see `Recommender.recommend`."""
        scores = self._movies.model.scores(warm.state, at)
        scores = self._unseen(scores, warm.columns, query)
        columns, scores, chosen = self._best(scores, query, (user, day(at)))
        if reasons:
            picks = self.explained(user, warm, columns, scores, reasons, at, chosen)
        else:
            picks = self._picks(columns, scores, chosen)
        return Picks(self.kind(len(warm.columns)), picks)

    def of_anyone(self, scores: Floats, seen: Sequence[int], query: ListQuery) -> list[Pick]:
        """The list by these scores for who is no user, and to whom no movie is shown for being unknown."""
        columns, scores, _ = self._best(self._unseen(scores, seen, query), query)
        return self._picks(columns, scores)

    def by_score(self, scores: Floats, without: Sequence[int], query: ListQuery) -> list[Pick]:
        """The movies with the best scores, `without` these columns, in the order of the scores."""
        scores = self._allowed(scores, without, query)
        columns = top(scores, query.skip + query.k, self._movies.ties)[query.skip :]
        return self._picks(columns, scores[columns])

    def explained(
        self,
        user: str,
        warm: Warm,
        columns: Ints,
        scores: Floats,
        most: int,
        at: int,
        chosen: frozenset[int] = _NONE,
    ) -> list[Pick]:
        """The movies at `columns` with these scores and why: the `most` strongest events, the rest as one.

        `chosen` are those columns that are explored.
        """
        gave = self._movies.model.explain(warm.state, warm.history(), columns, at)
        why = self._reasons(user, warm, gave, scores, most)
        listed = zip(columns.tolist(), scores.tolist(), why, strict=True)
        return [self._explained(user, c, score, each, c in chosen) for c, score, each in listed]

    def standing(self, column: int | None, scores: Floats, seen: Sequence[int]) -> tuple[int | None, int]:
        """The place of a movie by score, from 1, and among how many that may be listed and were not `seen`.

        Ties are broken as in a list. The place is None for a movie that is not among them.
        """
        scores = self._unseen(scores, seen, ListQuery())
        listed = int(np.count_nonzero(scores > _LEAST))
        if column is None or scores[column] == _LEAST:
            return None, listed
        equal = np.flatnonzero(scores == scores[column])
        equal = equal[np.argsort(self._movies.ties[equal], kind="stable")]
        ahead = np.count_nonzero(scores > scores[column]) + int(np.flatnonzero(equal == column)[0])
        return int(ahead) + 1, listed

    def place(
        self, column: int | None, scores: Floats, seen: Sequence[int], reader: tuple[str, int] | None = None
    ) -> int:
        """Where a movie stands, from 0, in the list that is made of these scores without what was `seen`.

        The first ten are those that are served, on this day to this `reader`. Behind them the order is that
        of the scores, ties counting against it. What may not be listed, and None, are `MISSED`.
        """
        query = ListQuery(k=TEN)
        scores = self._unseen(scores, seen, query)
        listed = np.flatnonzero(self._best(scores, query, reader)[0] == column)
        if len(listed):
            return int(listed[0])
        left_out = ~np.isfinite(scores)
        if column is None or left_out[column]:
            return MISSED
        return max(TEN, rank(scores, left_out, column))

    def kind(self, events: int) -> ListKind:
        """What the list is of someone with so many events at movies of the model."""
        if not events or not self._trained:
            return "popular"
        return "new-user" if events < NEW_USER_EVENTS else "personal"

    def _picks(self, columns: Ints, scores: Floats, chosen: frozenset[int] = _NONE) -> list[Pick]:
        listed, ids = zip(columns.tolist(), scores.tolist(), strict=True), self._movies.ids
        return [Pick(ids[column], score, (), column in chosen) for column, score in listed]

    def _explained(
        self, user: str, column: int, score: float, reasons: tuple[Reason, ...], is_explored: bool
    ) -> Pick:
        movies = self._movies
        why = sentence(
            reasons,
            movies.live.facts_of,
            known=user in movies.live.users,
            popular=not movies.model.is_new(column),
            explored=is_explored,
            movie=movies.ids[column],
        )
        return Pick(movies.ids[column], score, reasons, is_explored, why)

    def _reasons(
        self, user: str, warm: Warm, gave: Floats, scores: Floats, most: int
    ) -> Sequence[tuple[Reason, ...]]:
        live = self._movies.live
        past, movies = live.users.get(user) or UserHistory(), live.movies

        def event(place: int, share: float) -> Reason:
            column, type_, value = past.said(warm.places[place])
            return Reason(movies[column], type_, share, value, place)

        return reasons_of(gave, scores, most, event)

    def _best(
        self, scores: Floats, query: ListQuery, reader: tuple[str, int] | None = None
    ) -> tuple[Ints, Floats, frozenset[int]]:
        """The columns of the list, their scores, and which are explored on this day for this `reader`."""
        end = query.skip + query.k
        share = self._options.exploration if reader is not None and self._trained else 0.0
        variety = self._options.variety if query.variety is None else query.variety
        whole = -(-end // TEN) * TEN if share else end
        columns = arranged(scores, self._movies.genres, variety, whole, self._movies.ties)
        chosen = _NONE
        if reader is not None and any(explored_tens(*reader, share, len(columns))):
            few = self._movies.little_known().best(scores)
            listed, chosen = explored(columns.tolist(), few, self._movies.ids, *reader, share)
            columns = np.array(listed, np.int32)
        columns = columns[query.skip : end]
        return columns, scores[columns], chosen

    def _unseen(self, scores: Floats, seen: Sequence[int], query: ListQuery) -> Floats:
        """The scores of what may be listed, without what was `seen` unless it is asked for."""
        return self._allowed(scores, [] if query.include_seen else seen, query)

    def _allowed(self, scores: Floats, without: Sequence[int], query: ListQuery) -> Floats:
        """The scores of what may be listed; of all else, minus infinity."""
        scores = np.where(self._movies.masks.allowed(query.genre, query.years), scores, _LEAST)
        scores[without] = _LEAST
        if query.exclude:
            columns = self._movies.columns
            scores[[columns[movie] for movie in query.exclude if movie in columns]] = _LEAST
        return scores


def day(at: int) -> int:
    """The number of the day since 1970 at a moment in UTC microseconds."""
    return at // DAY
