"""From the live state and a model to lists: who is asked about, what is left out, and why."""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from time import time_ns
from typing import Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from matinee.evaluation.metrics import rank
from matinee.events.types import Facts
from matinee.models.base import Floats, Folded, History, Ints, Served
from matinee.models.dataset import NOTHING
from matinee.serve.exploration import FEW_EVENTS, TEN, LittleKnown, explored, explored_tens
from matinee.serve.history import COLUMN, OFFSET, UserHistory
from matinee.serve.live import LiveState
from matinee.serve.masks import Masks, is_shown
from matinee.serve.reasons import Reason, reasons_of
from matinee.serve.sentences import sentence
from matinee.serve.variety import Genres, arranged, top
from matinee.serve.warm import Warm

ListKind = Literal["personal", "new-user", "popular"]
UNTRAINED = "untrained"
"""The model version that answers name before the first training."""
NEW_USER_EVENTS = 5
"""Below this many events a user counts as new."""
_AT_ONCE = 20
"""The most movies that join the model in one step."""
_MANY = 500
"""With more new events than this it is quicker to make a state anew than to fold them in."""
_KEPT_K = 20
"""The longest list that is kept."""
LISTS_BYTES = 25_000
"""What the kept lists of one user take at most, with reasons, about."""
_LEAST = np.float32(-np.inf)


class Ranks(NamedTuple):
    """The places of a movie, from 0, in two lists as long as the catalogue, just before an event at it."""

    events: int
    """How many events the user had."""
    own: int
    """In the user's own list."""
    popular: int
    """In the list of what is popular, without what the user has seen."""


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


def utc_now() -> int:
    """Now, in UTC microseconds."""
    return time_ns() // 1000


class Recommender:
    """One model over the live state. States of recently seen users are kept warm, at most `keep` of them.

    `clock` tells the moment of asking, in UTC microseconds.
    """

    def __init__(
        self,
        live: LiveState,
        model: Served,
        movies: Sequence[str],
        *,
        version: str,
        keep: int,
        options: ListOptions | None = None,
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self.live = live
        self.model = model
        self.version = version
        self._keep = keep
        self._movies: list[str] = []
        self._column: dict[str, int] = {}
        self._from_live = np.full(0, -1, np.int32)
        self._learned = 0
        self._waiting: dict[int, None] = {}
        self._forgotten = 0
        self._warm: OrderedDict[str, Warm] = OrderedDict()
        self._masks = Masks()
        self._genres = Genres()
        self._options = options or ListOptions()
        self._clock = clock
        self._little_known: LittleKnown | None = None
        self._admit(movies)

    def _admit(self, movies: Sequence[str]) -> None:
        start = len(self._movies)
        for movie in movies:
            self._column[movie] = len(self._movies)
            self._movies.append(movie)
        self._genres.resize(len(self._movies))
        if self._little_known is not None:
            self._little_known.admit(range(start, len(self._movies)))

    def _few(self) -> LittleKnown:
        """The movies with few events, counted anew after an erasure."""
        if self._little_known is None:
            events = np.fromiter(map(len, self.live.audience), np.int64)
            few = self._from_live[events[: len(self._from_live)] < FEW_EVENTS]
            self._little_known = LittleKnown(self._events_at, few[few >= 0])
        return self._little_known

    def _events_at(self, column: int) -> int:
        return self.live.events_at(self._movies[column])

    def refresh(self, at_once: int = _AT_ONCE) -> bool:
        """Follow what the live state learned of movies; return whether more are waiting to join the model.

        Newcomers join so many `at_once`: by default so few that a request behind the load of a catalogue
        waits for some milliseconds only. All other news count at once.
        """
        live = self.live
        if self._forgotten != live.forgotten:
            self._forgotten = live.forgotten
            self._warm = OrderedDict((user, warm) for user, warm in self._warm.items() if user in live.users)
            self._little_known = None
        news, self._learned = live.learned_since(self._learned), live.changes
        if not news and not self._waiting and len(self._from_live) == len(live.movies):
            return False
        self._waiting.update((c, None) for c in news if live.movies[c] not in self._column)
        # Those with events first: they change lists that are asked for.
        joined = nsmallest(at_once, self._waiting, key=lambda column: not live.audience[column])
        for column in joined:
            del self._waiting[column]
        self._welcome(joined)
        self._follow([*news, *joined])
        return bool(self._waiting)

    def settled(self) -> Self:
        """Itself, once it has followed everything that the live state learned."""
        self.refresh(max(len(self.live.movies), 1))
        return self

    def _welcome(self, columns: Iterable[int]) -> None:
        live = self.live
        known = ((live.movies[column], live.facts[column]) for column in columns)
        newcomers = [(movie, facts) for movie, facts in known if facts is not None and facts.title]
        if newcomers:
            self.model = self.model.with_movies(newcomers)
            self._admit([movie for movie, _ in newcomers])
            if any(live.audience[live.columns[movie]] for movie, _ in newcomers):
                self._warm.clear()  # events at them, passed over until now, count from here on

    def _follow(self, changed: Iterable[int]) -> None:
        movies, facts = self.live.movies, self.live.facts
        more = [self._column.get(movie, -1) for movie in movies[len(self._from_live) :]]
        self._from_live = np.concatenate([self._from_live, np.array(more, np.int32)])
        for column in changed:
            self._from_live[column] = self._column.get(movies[column], -1)
        here = [(int(self._from_live[column]), facts[column]) for column in dict.fromkeys(changed)]
        known = [(column, fact) for column, fact in here if column >= 0]
        self._masks.update(len(self._movies), known)
        for column, fact in known:
            self._genres.update(column, (fact and fact.genres) or ())

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

    def recommend(self, user: str, query: ListQuery, *, reasons: int = 0) -> Picks:
        """The list of `user`; with `reasons`, so many of the strongest for each movie, and the rest as one.

        Reasons sum to the score. Seen movies are left out unless asked for. The order is that of the scores
        but for variety and exploration, where there are any; a score is always the movie's own.
        """
        self.refresh()
        warm, at = self._state(user), self._clock()
        made_of = self._learned, len(self._movies), _day(at), self.model.phase(warm.state, at)
        if warm.made_of != made_of:
            warm.made_of = made_of
            warm.lists.clear()
        made: Picks | None = warm.lists.get((query, reasons))
        if made is None or not self._is_current(made):
            made = self._list(user, warm, query, reasons, at)
            if self._may_keep(query):
                warm.keep((query, reasons), made)
        return made

    def _is_current(self, made: Picks) -> bool:
        """Whether no movie has become known that was listed because few had met it."""
        return not any(pick.explored and self.live.events_at(pick.movie) >= FEW_EVENTS for pick in made.picks)

    def _may_keep(self, query: ListQuery) -> bool:
        trained = self.version != UNTRAINED  # counts change with every event
        return trained and query.k <= _KEPT_K and not query.exclude

    def _list(self, user: str, warm: Warm, query: ListQuery, reasons: int, at: int) -> Picks:
        kind = self._kind(len(warm.columns))
        columns, scores, explored = self._best(
            self.model.scores(warm.state, at), warm.columns, query, (user, _day(at))
        )
        if not reasons:
            return Picks(kind, self._picks(columns, scores, explored))
        gave = self.model.explain(warm.state, warm.history(), columns, at)
        why = self._reasons(user, warm, gave, scores, reasons)
        listed = zip(columns.tolist(), scores.tolist(), why, strict=True)
        return Picks(
            kind, [self._explained(user, c, score, each, c in explored) for c, score, each in listed]
        )

    def _explained(
        self, user: str, column: int, score: float, reasons: tuple[Reason, ...], explored: bool = False
    ) -> Pick:
        movie = self._movies[column]
        why = sentence(
            reasons,
            self.facts,
            known=user in self.live.users,
            popular=not self.model.is_new(column),
            explored=explored,
        )
        return Pick(movie, score, reasons, explored, why)

    def _kind(self, events: int) -> ListKind:
        if not events or self.version == UNTRAINED:
            return "popular"
        return "new-user" if events < NEW_USER_EVENTS else "personal"

    def _picks(self, columns: Ints, scores: Floats, explored: frozenset[int] = frozenset()) -> list[Pick]:
        listed = zip(columns.tolist(), scores.tolist(), strict=True)
        return [Pick(self._movies[column], score, (), column in explored) for column, score in listed]

    def _reasons(
        self, user: str, warm: Warm, gave: Floats, scores: Floats, most: int
    ) -> Sequence[tuple[Reason, ...]]:
        past, movies = self.live.users.get(user) or UserHistory(), self.live.movies

        def event(place: int, share: float) -> Reason:
            column, type_, value = past.said(warm.places[place])
            return Reason(movies[column], type_, share, value)

        return reasons_of(gave, scores, most, event)

    def recommend_to_stranger(self, liked: Sequence[str], disliked: Sequence[str], query: ListQuery) -> Picks:
        """The list of someone unknown who likes and dislikes these movies, in the order they came to mind."""
        self.refresh()
        tastes = [(movie, 1.0) for movie in liked] + [(movie, -1.0) for movie in disliked]
        known = [(self._column[movie], value) for movie, value in tastes if movie in self._column]
        columns = np.array([column for column, _ in known], np.int32)
        strengths = np.array([value for _, value in known], np.float32)
        history = History(columns, strengths, np.zeros(len(known), np.int64))
        best, scores, _ = self._best(self.model.scores(self.model.state(history)), columns.tolist(), query)
        return Picks(self._kind(min(len(known), 1)), self._picks(best, scores))

    def ranks_before(self, user: str, movie: str, offset: int, at: int) -> Ranks | None:
        """Where `movie` stood for `user` just before the event at this log offset; None when seen by then.

        `at` is when it happened, in UTC microseconds. Ranked are the movies that may be shown and are
        unseen; ties count against it, and what is not among them is `MISSED`. None also for a user who is
        gone. Nothing warm is pushed out.
        """
        self.refresh()
        past = self.live.users.get(user)
        if past is None:
            return None
        rows = past.matrix()
        earlier = rows[:, OFFSET] < offset
        if np.any(rows[earlier, COLUMN] == self.live.columns.get(movie, -1)):
            return None
        warm = self._state_of(past, self._warm.get(user), earlier)
        left_out = ~self._masks.allowed(None, None)
        left_out[warm.columns] = True
        target = self._column.get(movie, len(left_out))
        if target < len(left_out) and left_out[target]:
            target = len(left_out)  # hidden: it cannot be recommended
        lists = self.model.scores(warm.state, at), self.model.popular()
        own, popular = (rank(scores, left_out, target) for scores in lists)
        return Ranks(int(np.count_nonzero(earlier)), own, popular)

    def _state_of(self, past: UserHistory, warm: Warm | None, wanted: npt.NDArray[np.bool_]) -> Warm:
        """The state after the wanted events of `past`: `warm` where that is not beyond them, or a new one."""
        count = int(np.count_nonzero(wanted))
        if warm is None or not _may_fold(warm, past, count) or not wanted[:count].all():
            return self._build(UserHistory(rows=array("d", past.matrix()[wanted].tobytes())))
        self._fold(warm, past, count)
        return warm

    def scores(self, user: str, movies: Sequence[str]) -> list[float | None]:
        """The score of each of `movies` for `user`; None for a movie that the model does not know."""
        self.refresh()
        scores = self.model.scores(self._state(user).state, self._clock())
        return [float(scores[self._column[movie]]) if movie in self._column else None for movie in movies]

    def why(self, user: str, movie: str, k: int = 20) -> Pick | None:
        """The score of `movie` for `user` and why: the `k` strongest events, the others as one, the rest.

        The reasons sum to the score. None for a movie that the model does not know.
        """
        self.refresh()
        column = self._column.get(movie)
        if column is None:
            return None
        warm, at = self._state(user), self._clock()
        columns = np.array([column], np.int32)
        score = self.model.scores(warm.state, at)[columns]
        gave = self.model.explain(warm.state, warm.history(), columns, at)
        (reasons,) = self._reasons(user, warm, gave, score, k)
        return self._explained(user, column, float(score[0]), reasons)

    def similar(self, movie: str, query: ListQuery) -> list[Pick] | None:
        """The movies most like `movie`, best first; None when the model does not know it."""
        self.refresh()
        column = self._column.get(movie)
        if column is None:
            return None
        scores = self._allowed(self.model.similar(column), [column], query)
        columns = top(scores, query.skip + query.k)[query.skip :]
        return self._picks(columns, scores[columns])

    def taste(self, user: str) -> Floats:
        """What `user`, who has events, likes, in the space of the model; see `Served.taste`."""
        self.refresh()
        told, past = Warm(None), self.live.users[user]
        told.look(past, self._from_live, len(past))
        return self.model.taste(told.history())

    def appeal(self, movie: str) -> Floats | None:
        """What `movie` is to tastes; None when the model does not know it."""
        self.refresh()
        column = self._column.get(movie)
        return None if column is None else self.model.appeal(column)

    def popular(self, query: ListQuery) -> list[Pick]:
        """What everyone gets of whom nothing is known."""
        self.refresh()
        columns, scores, _ = self._best(self.model.scores(self.model.state(NOTHING)), [], query)
        return self._picks(columns, scores)

    def _best(
        self, scores: Floats, seen: Sequence[int], query: ListQuery, reader: tuple[str, int] | None = None
    ) -> tuple[Ints, Floats, frozenset[int]]:
        """The columns of the list, their scores, and which are explored on this day for this `reader`."""
        scores = self._allowed(scores, [] if query.include_seen else seen, query)
        end = query.skip + query.k
        share = 0.0 if reader is None or self.version == UNTRAINED else self._options.exploration
        variety = self._options.variety if query.variety is None else query.variety
        columns = arranged(scores, self._genres, variety, -(-end // TEN) * TEN if share else end)
        explored_ones: frozenset[int] = frozenset()
        if reader is not None and any(explored_tens(*reader, share, len(columns))):
            few = self._few().best(scores)
            listed, explored_ones = explored(columns.tolist(), few, *reader, share)
            columns = np.array(listed, np.int32)
        columns = columns[query.skip : end]
        return columns, scores[columns], explored_ones

    def _allowed(self, scores: Floats, without: Sequence[int], query: ListQuery) -> Floats:
        """The scores of what may be listed; of all else, minus infinity."""
        scores = np.where(self._masks.allowed(query.genre, query.years), scores, _LEAST)
        scores[without] = _LEAST
        if query.exclude:
            scores[[self._column[movie] for movie in query.exclude if movie in self._column]] = _LEAST
        return scores

    def _state(self, user: str) -> Warm:
        """The state of `user` with every event folded in, from the warm one where there is one."""
        past = self.live.users.get(user)
        if past is None:
            self._warm.pop(user, None)
            return self._build(UserHistory())
        warm = self._warm.get(user)
        if warm is None or not _may_fold(warm, past, len(past)):
            warm = self._warm[user] = self._build(past)
            if len(self._warm) > self._keep:
                self._warm.popitem(last=False)
            return warm
        self._warm.move_to_end(user)
        self._fold(warm, past, len(past))
        return warm

    def _fold(self, warm: Warm, past: UserHistory, stop: int) -> None:
        """Fold in the events of `past` up to `stop` that are not yet in `warm`."""
        if warm.looked_at == stop:
            return
        warm.lists.clear()
        folded = len(warm.columns)
        warm.look(past, self._from_live, stop)
        for event in zip(warm.columns[folded:], warm.strengths[folded:], warm.at[folded:], strict=True):
            warm.state = self.model.fold_in(warm.state, Folded(*event))

    def _build(self, past: UserHistory) -> Warm:
        warm = Warm(None, rebuilt=past.rebuilt, number=past.number)
        warm.look(past, self._from_live, len(past))
        warm.state = self.model.state(warm.history())
        return warm


def _day(at: int) -> int:
    """The number of the day since 1970."""
    return at // 86_400_000_000


def _may_fold(warm: Warm, past: UserHistory, stop: int) -> bool:
    """Whether `warm` is of a beginning of `past[:stop]`, and what is missing is quickly folded in."""
    return not warm.is_of_another(past) and 0 <= stop - warm.looked_at <= _MANY
