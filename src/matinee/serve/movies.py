"""The movies of one model, which follow what the live state learns of movies."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest

import numpy as np

from matinee.models.base import Ints, Served
from matinee.serve.exploration import FEW_EVENTS, LittleKnown, tie
from matinee.serve.live import LiveState
from matinee.serve.masks import Masks
from matinee.serve.variety import Genres, Ties


class Movies:
    """A model over the live state's movies, each a column of the model.

    The columns of the live state are others: there a movie has one at first sight, here once it has a title.
    """

    def __init__(self, live: LiveState, model: Served, ids: Sequence[str]) -> None:
        """`ids` are those of the model's columns, in order."""
        self.live = live
        self.model = model
        """The model as it is now: with every movie that has joined it."""
        self.ids: list[str] = []
        """The movie of each column."""
        self.columns: dict[str, int] = {}
        self.from_live: Ints = np.full(0, -1, np.int32)
        """For each column of the live state that of the model, or -1."""
        self.masks = Masks()
        self.genres = Genres()
        self.ties: Ties = np.zeros(0, np.uint32)
        """The order of equal scores: that of the model's own columns, then by the id of who has joined since.

        Movies join in another order in every process.
        """
        self.learned = 0
        """How many of the live state's changes of facts it has followed."""
        self.changes = 0
        """How often the model has changed."""
        self.waiting: dict[int, None] = {}
        """The columns in the live state of what is yet to join the model."""
        self._little_known: LittleKnown | None = None
        self._admit(ids, [0] * len(ids))

    def follow(self, at_once: int) -> bool:
        """Follow what the live state learned of movies; return whether a movie joined that has events.

        Those events, passed over until now, count from here on. At most so many join `at_once`, newcomers
        that have other facts among them; all other news count now.
        """
        live = self.live
        if self.learned == live.changes and not self.waiting and len(self.from_live) == len(live.movies):
            return False
        news, self.learned = live.learned_since(self.learned), live.changes
        self.waiting.update((c, None) for c in news if self._may_join(live.movies[c]))
        # Those with events first: they change lists that are asked for.
        joining = nsmallest(at_once, self.waiting, key=lambda column: not live.audience[column])
        return self._take(joining, news)

    def follow_these(self, movies: Iterable[str]) -> bool:
        """Let those of these movies join now that are waiting; return what `follow` does."""
        columns = {self.live.columns.get(movie, -1) for movie in movies} & self.waiting.keys()
        return bool(columns) and self._take(sorted(columns), [])

    def _take(self, joining: Sequence[int], news: Sequence[int]) -> bool:
        for column in joining:
            del self.waiting[column]
        joined = self._join(joining)
        self._note([*news, *joining])
        return any(self.live.audience[column] for column in joined)

    def little_known(self) -> LittleKnown:
        """The movies with few events."""
        if self._little_known is None:
            events = np.fromiter(map(len, self.live.audience), np.int64)
            few = self.from_live[events[: len(self.from_live)] < FEW_EVENTS]
            self._little_known = LittleKnown(self.ids, self._events_at, few[few >= 0].tolist())
        return self._little_known

    def count_anew(self) -> None:
        """Find the little known movies anew: when events are forgotten, a movie may have few again."""
        self._little_known = None

    def _events_at(self, column: int) -> int:
        return self.live.events_at(self.ids[column])

    def _join(self, columns: Iterable[int]) -> list[int]:
        """Let those of these columns of the live state join that have a title.

        Returns which they are, none where the model has them already, with facts that come to the same.
        """
        movies, facts = self.live.movies, self.live.facts
        known = [(column, about) for column in columns if (about := facts[column]) and about.title]
        if not known:
            return []
        model = self.model.with_movies([(movies[column], about) for column, about in known])
        if model is self.model:
            return []
        self.model = model
        self.changes += 1
        joining = [movies[column] for column, _ in known if movies[column] not in self.columns]
        self._admit(joining, [tie(movie) for movie in joining])
        return [column for column, _ in known]

    def _may_join(self, movie: str) -> bool:
        column = self.columns.get(movie)
        return column is None or self.model.is_new(column)

    def _admit(self, ids: Sequence[str], ties: Sequence[int]) -> None:
        start = len(self.ids)
        for movie in ids:
            self.columns[movie] = len(self.ids)
            self.ids.append(movie)
        self.ties = np.concatenate([self.ties, np.array(ties, np.uint32)])
        self.masks.resize(len(self.ids))
        self.genres.resize(len(self.ids))
        if self._little_known is not None:
            self._little_known.admit(range(start, len(self.ids)))

    def _note(self, changed: Iterable[int]) -> None:
        """Note the facts of these columns of the live state, and where each movie is in the model."""
        movies, facts = self.live.movies, self.live.facts
        more = [self.columns.get(movie, -1) for movie in movies[len(self.from_live) :]]
        self.from_live = np.concatenate([self.from_live, np.array(more, np.int32)])
        for column in changed:
            self.from_live[column] = self.columns.get(movies[column], -1)
        here = [(int(self.from_live[column]), facts[column]) for column in dict.fromkeys(changed)]
        known = [(column, fact) for column, fact in here if column >= 0]
        self.masks.update(known)
        for column, fact in known:
            self.genres.update(column, (fact and fact.genres) or ())
