"""From the live state and a model to lists: who is asked about, what is left out, and why."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from matinee.events.meaning import strength
from matinee.events.types import EventType, Facts
from matinee.models.base import Floats, Folded, History, Ints, Served
from matinee.serve.history import UserHistory
from matinee.serve.live import LiveState
from matinee.serve.shelf import Mask, Shelf, is_shown

Kind = Literal["personal", "new-user", "popular"]
UNTRAINED = "untrained"
"""The model version that answers name before the first training."""
NEW_USER_EVENTS = 5
"""Below this many events a user counts as new."""


@dataclass(frozen=True)
class Query:
    """What is asked of a list."""

    k: int = 10
    skip: int = 0
    genre: str | None = None
    years: tuple[int, int] | None = None
    include_seen: bool = False
    exclude: Sequence[str] = ()


class Reason(NamedTuple):
    """What one past event gave to a score; `movie` is None for what no single event gave."""

    movie: str | None
    type: EventType | Literal["popularity", "other events"]
    gave: float


class Pick(NamedTuple):
    """One recommended movie."""

    movie: str
    score: float
    reasons: tuple[Reason, ...] = ()


class Picks(NamedTuple):
    """A list, and what kind it is."""

    kind: Kind
    picks: list[Pick]


@dataclass
class Warm:
    """The model's state of one user, and the events of the history that are folded into it."""

    state: Any
    columns: list[int] = field(default_factory=list)
    strengths: list[float] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Where in the history each folded event is: events of movies unknown to the model are not among them."""
    looked_at: int = 0
    rebuilt: int = 0
    number: int = -1
    """The number of the user it was made for: who was erased and came back has another."""

    def history(self) -> History:
        """What the model has of this user."""
        return History(
            np.array(self.columns, np.int32),
            np.array(self.strengths, np.float32),
            np.array(self.at, np.int64),
        )


class Recommender:
    """One model over the live state. States of recently seen users are kept warm, at most `keep` of them."""

    def __init__(
        self, live: LiveState, model: Served, movies: Sequence[str], *, version: str, keep: int
    ) -> None:
        self.live = live
        self.model = model
        self.version = version
        self._keep = keep
        self._movies: list[str] = []
        self._column: dict[str, int] = {}
        self._from_live = np.full(0, -1, np.int32)
        self._facts_changed = -1
        self._forgotten = 0
        self._warm: OrderedDict[str, Warm] = OrderedDict()
        self._shelf = Shelf([])
        self._admit(movies)

    def _admit(self, movies: Sequence[str]) -> None:
        for movie in movies:
            self._column[movie] = len(self._movies)
            self._movies.append(movie)

    def refresh(self) -> None:
        """Follow what the live state learned of movies: newcomers join the model, masks are made anew."""
        live = self.live
        if self._forgotten != live.forgotten:
            self._forgotten = live.forgotten
            self._warm = OrderedDict((user, warm) for user, warm in self._warm.items() if user in live.users)
        if self._facts_changed == live.facts_changed and len(self._from_live) == len(live.movies):
            return
        newcomers = [
            (live.movies[column], facts)
            for column, facts in live.known()
            if facts.title and live.movies[column] not in self._column
        ]
        if newcomers:
            self.model = self.model.with_movies(newcomers)
            self._admit([movie for movie, _ in newcomers])
            if any(live.audience[live.columns[movie]] for movie, _ in newcomers):
                self._warm.clear()  # events at them, passed over until now, count from here on
        self._from_live = np.array([self._column.get(movie, -1) for movie in live.movies], np.int32)
        if self._facts_changed != live.facts_changed:
            self._shelf = Shelf([self.facts(movie) for movie in self._movies])
            self._facts_changed = live.facts_changed

    def facts(self, movie: str) -> Facts | None:
        """What is known of `movie`."""
        column = self.live.columns.get(movie)
        return None if column is None else self.live.facts[column]

    def is_shown(self, movie: str) -> bool:
        """Whether `movie` is known, has a title and is not hidden."""
        return is_shown(self.facts(movie))

    def is_hidden(self, movie: str) -> bool:
        """Whether `movie` was withdrawn."""
        facts = self.facts(movie)
        return facts is not None and bool(facts.hidden)

    def recommend(self, user: str, query: Query, *, reasons: int = 0) -> Picks:
        """The list of `user`; with `reasons`, so many of the strongest for each movie, and the rest as one.

        Reasons sum to the score. Seen movies are left out unless asked for.
        """
        self.refresh()
        warm = self._state(user)
        kind = self._kind(len(warm.columns))
        columns, scores = self._best(warm.state, warm.columns, query)
        if not reasons:
            return Picks(kind, self._picks(columns, scores))
        gave = self.model.explain(warm.state, warm.history(), columns)
        why = self._reasons(user, warm, gave, scores, reasons)
        listed = zip(columns.tolist(), scores.tolist(), why, strict=True)
        return Picks(kind, [Pick(self._movies[column], score, each) for column, score, each in listed])

    def _kind(self, events: int) -> Kind:
        if not events or self.version == UNTRAINED:
            return "popular"
        return "new-user" if events < NEW_USER_EVENTS else "personal"

    def _picks(self, columns: Ints, scores: Floats) -> list[Pick]:
        return [Pick(self._movies[c], s) for c, s in zip(columns.tolist(), scores.tolist(), strict=True)]

    def _reasons(
        self, user: str, warm: Warm, gave: Floats, scores: Floats, most: int
    ) -> list[tuple[Reason, ...]]:
        """For each movie the `most` events that gave most, the others as one, and what no event gave.

        `gave` is of shape (events, movies); a movie's reasons sum to its score.
        """
        order = np.argsort(-np.abs(gave), axis=0, kind="stable")[:most]
        strongest = np.take_along_axis(gave, order, axis=0)
        total = gave.sum(axis=0)
        base, rest = (scores - total).tolist(), (total - strongest.sum(axis=0)).tolist()
        past = self.live.users.get(user) or UserHistory()
        found = []
        for movie, places in enumerate(order.T.tolist()):
            reasons = [
                self._reason(past, warm.places[place], share)
                for place, share in zip(places, strongest[:, movie].tolist(), strict=True)
            ]
            if len(gave) > most:
                reasons.append(Reason(None, "other events", rest[movie]))
            found.append((*reasons, Reason(None, "popularity", base[movie])))
        return found

    def _reason(self, past: UserHistory, place: int, share: float) -> Reason:
        event = past.row(place)
        return Reason(self.live.movies[event.column], event.type, share)

    def recommend_to_stranger(self, liked: Sequence[str], disliked: Sequence[str], query: Query) -> Picks:
        """The list of someone unknown who likes and dislikes these movies, in the order they came to mind."""
        self.refresh()
        tastes = [(movie, 1.0) for movie in liked] + [(movie, -1.0) for movie in disliked]
        known = [(self._column[movie], value) for movie, value in tastes if movie in self._column]
        columns = np.array([column for column, _ in known], np.int32)
        strengths = np.array([value for _, value in known], np.float32)
        history = History(columns, strengths, np.zeros(len(known), np.int64))
        best, scores = self._best(self.model.state(history), columns.tolist(), query)
        return Picks(self._kind(min(len(known), 1)), self._picks(best, scores))

    def scores(self, user: str, movies: Sequence[str]) -> list[float | None]:
        """The score of each of `movies` for `user`; None for a movie that the model does not know."""
        self.refresh()
        scores = self.model.scores(self._state(user).state)
        return [float(scores[self._column[movie]]) if movie in self._column else None for movie in movies]

    def why(self, user: str, movie: str, k: int = 20) -> Pick | None:
        """The score of `movie` for `user` and why: the `k` strongest events, the others as one, the rest.

        The reasons sum to the score. None for a movie that the model does not know.
        """
        self.refresh()
        column = self._column.get(movie)
        if column is None:
            return None
        warm = self._state(user)
        columns = np.array([column], np.int32)
        score = self.model.scores(warm.state)[columns]
        gave = self.model.explain(warm.state, warm.history(), columns)
        (reasons,) = self._reasons(user, warm, gave, score, k)
        return Pick(movie, float(score[0]), reasons)

    def similar(self, movie: str, query: Query) -> list[Pick] | None:
        """The movies most like `movie`, best first; None when the model does not know it."""
        self.refresh()
        column = self._column.get(movie)
        if column is None:
            return None
        columns, scores = self._top(self.model.similar(column), [column], query)
        return self._picks(columns, scores)

    def popular(self, query: Query) -> list[Pick]:
        """What everyone gets of whom nothing is known."""
        self.refresh()
        empty = History(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))
        columns, scores = self._best(self.model.state(empty), [], query)
        return self._picks(columns, scores)

    def _best(self, state: Any, seen: list[int], query: Query) -> tuple[Ints, Floats]:
        return self._top(self.model.scores(state), [] if query.include_seen else seen, query)

    def _top(self, scores: Floats, without: list[int], query: Query) -> tuple[Ints, Floats]:
        mask: Mask = self._shelf.allowed(query.genre, query.years)
        scores = np.where(mask, scores, -np.inf)
        scores[without] = -np.inf
        if query.exclude:
            scores[[self._column[movie] for movie in query.exclude if movie in self._column]] = -np.inf
        wanted = min(query.skip + query.k, len(scores))
        if wanted == 0:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        best = np.argpartition(-scores, wanted - 1)[:wanted]
        best = best[np.lexsort((best, -scores[best]))]
        best = best[np.isfinite(scores[best])][query.skip :]
        return best.astype(np.int32), scores[best]

    def _state(self, user: str) -> Warm:
        """The state of `user` with every event folded in, from the warm one where there is one."""
        past = self.live.users.get(user)
        if past is None:
            self._warm.pop(user, None)
            return self._build(UserHistory())
        warm = self._warm.get(user)
        if warm is None or (warm.number, warm.rebuilt) != (past.number, past.rebuilt):
            warm = self._warm[user] = self._build(past)
            if len(self._warm) > self._keep:
                self._warm.popitem(last=False)
            return warm
        self._warm.move_to_end(user)
        for event in self._look(warm, past):
            warm.state = self.model.fold_in(warm.state, event)
        return warm

    def _build(self, past: UserHistory) -> Warm:
        warm = Warm(None, rebuilt=past.rebuilt, number=past.number)
        for _ in self._look(warm, past):
            pass
        warm.state = self.model.state(warm.history())
        return warm

    def _look(self, warm: Warm, past: UserHistory) -> Iterator[Folded]:
        """The events behind those looked at, as the model sees them; notes each in `warm`."""
        while warm.looked_at < len(past):
            event = past.row(warm.looked_at)
            warm.looked_at += 1
            column = int(self._from_live[event.column])
            if column < 0:
                continue
            folded = Folded(column, strength(event.type, event.value), event.at)
            warm.columns.append(column)
            warm.strengths.append(folded.strength)
            warm.at.append(event.at)
            warm.places.append(warm.looked_at - 1)
            yield folded
