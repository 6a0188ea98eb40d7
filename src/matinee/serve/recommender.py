"""From the live state and a model to answers: lists, scores, reasons, likenesses and ranks."""

from collections.abc import Callable, Sequence
from time import time_ns
from typing import Literal, NamedTuple, Self

import numpy as np

from matinee.models.base import Floats, History, Served
from matinee.models.dataset import NOTHING
from matinee.serve.exploration import FEW_EVENTS
from matinee.serve.history import COLUMN, ORDINAL
from matinee.serve.lists import ListOptions, ListQuery, Lists, Pick, Picks, day
from matinee.serve.live import LiveState
from matinee.serve.movies import Movies
from matinee.serve.warm import LONGEST_KEPT, WarmStates

Likeness = Literal["audience", "content"]
UNTRAINED = "untrained"
"""The model version that answers name before the first training."""
_AT_ONCE = 20
"""The most movies that join the model in one step."""


class Standing(NamedTuple):
    """Where a movie stands for a user by score: at `place`, from 1, of `among`; None if not listed."""

    place: int | None
    among: int


class Ranks(NamedTuple):
    """The places of a movie, from 0, in two lists as long as the catalogue, just before an event at it."""

    events: int
    """How many events the user had."""
    own: int
    """In the user's own list."""
    popular: int
    """In the list of what is popular, without what the user has seen."""


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
        """`movies` are those of the model's columns, in order."""
        self.live = live
        self.version = version
        self.clock = clock
        self._trained = version != UNTRAINED
        self._movies = Movies(live, model, movies)
        self._warm = WarmStates(self._movies, keep)
        self._lists = Lists(self._movies, options or ListOptions(), trained=self._trained)
        self._forgotten = self._taken_back = 0

    @property
    def model(self) -> Served:
        """The model as it is now: with every movie that has joined it."""
        return self._movies.model

    def refresh(self, at_once: int = _AT_ONCE) -> bool:
        """Follow what the live state learned of movies; return whether more are waiting to join the model.

        Newcomers join so many `at_once`: by default so few that a request behind the load of a catalogue
        waits for some milliseconds only. All other news count at once.
        """
        if self._forgotten != self.live.forgotten:
            self._forgotten = self.live.forgotten
            self._warm.forget()
            self._movies.count_anew()
        if self._taken_back != self.live.taken_back:
            self._taken_back = self.live.taken_back
            self._movies.count_anew()
        if self._movies.follow(at_once):
            self._warm.clear()
        return bool(self._movies.waiting)

    def _columns(self, movies: Sequence[str]) -> list[int | None]:
        """The columns of movies that are asked about: they need not wait for others to join the model."""
        self.refresh()
        if self._movies.follow_these(movies):
            self._warm.clear()
        return [self._movies.columns.get(movie) for movie in movies]

    def settled(self) -> Self:
        """Itself, once it has followed everything that the live state learned."""
        self.refresh(max(len(self.live.movies), 1))
        return self

    def recommend(self, user: str, query: ListQuery, *, reasons: int = 0) -> Picks:
        """The list of `user`; with `reasons`, so many of the strongest for each movie, and the rest as one.

        Reasons sum to the score. Seen movies are left out unless asked for. The order is that of the scores
        but for variety and exploration, where there are any; a score is always the movie's own.
        """
        self.refresh()
        movies, warm, at = self._movies, self._warm.of(user), self.clock()
        made_of = movies.learned, movies.changes, day(at), movies.model.phase(warm.state, at)
        if warm.made_of != made_of:
            warm.made_of = made_of
            warm.lists.clear()
        made: Picks | None = warm.lists.get((query, reasons))
        if made is None or not self._is_current(made):
            made = self._lists.of_user(user, warm, query, reasons, at)
            if self._may_keep(query):
                warm.keep((query, reasons), made)
        return made

    def list_once(self, user: str, query: ListQuery) -> Picks:
        """The list of `user` as `recommend` makes it, without reasons.

        Nothing is kept and no news are followed, so that several threads may ask at a time where nothing is
        explored.
        """
        return self._lists.of_user(user, self._warm.unkept(user), query, 0, self.clock())

    def _is_current(self, made: Picks) -> bool:
        """Whether no movie has become known that was listed because few had met it."""
        return not any(pick.explored and self.live.events_at(pick.movie) >= FEW_EVENTS for pick in made.picks)

    def _may_keep(self, query: ListQuery) -> bool:
        # Without a model the scores are counts, which change with every event.
        return self._trained and query.k <= LONGEST_KEPT and not query.exclude

    def recommend_to_stranger(self, liked: Sequence[str], disliked: Sequence[str], query: ListQuery) -> Picks:
        """The list of someone unknown who likes and dislikes these movies, in the order they came to mind."""
        said = [(movie, 1.0) for movie in liked] + [(movie, -1.0) for movie in disliked]
        places = zip(self._columns([movie for movie, _ in said]), said, strict=True)
        known = [(column, value) for column, (_, value) in places if column is not None]
        columns = np.array([column for column, _ in known], np.int32)
        strengths = np.array([value for _, value in known], np.float32)
        state = self.model.state(History(columns, strengths, np.zeros(len(known), np.int64)))
        picks = self._lists.of_anyone(self.model.scores(state), columns.tolist(), query)
        return Picks(self._lists.kind(len(known)), picks)

    def popular(self, query: ListQuery) -> list[Pick]:
        """What everyone gets of whom nothing is known."""
        self.refresh()
        return self._lists.of_anyone(self.model.scores(self.model.state(NOTHING)), [], query)

    def similar(self, movie: str, query: ListQuery, by: Likeness | None = None) -> list[Pick] | None:
        """The movies most like `movie`, best first; None when the model does not know it.

        `by` what users do with them or by facts alone; without it by both.
        """
        [column] = self._columns([movie])
        if column is None:
            return None
        model = self.model
        alike = {None: model.similar, "audience": model.similar_audience, "content": model.similar_content}[
            by
        ]
        return self._lists.by_score(alike(column), [column], query)

    def scores(self, user: str, movies: Sequence[str]) -> list[float | None]:
        """The score of each of `movies` for `user`; None for a movie that the model does not know."""
        columns = self._columns(movies)
        scores = self.model.scores(self._warm.of(user).state, self.clock())
        return [None if column is None else float(scores[column]) for column in columns]

    def why(self, user: str, movie: str, k: int = 20) -> Pick | None:
        """The score of `movie` for `user` and why: the `k` strongest events, the others as one, the rest.

        The reasons sum to the score. None for a movie that the model does not know.
        """
        [column] = self._columns([movie])
        if column is None:
            return None
        warm, at = self._warm.of(user), self.clock()
        columns = np.array([column], np.int32)
        score = self.model.scores(warm.state, at)[columns]
        return self._lists.explained(user, warm, columns, score, k, at)[0]

    def standing(self, user: str, movie: str) -> Standing:
        """Where `movie` stands for `user` by score, among what may be listed and is unseen."""
        [column] = self._columns([movie])
        warm = self._warm.of(user)
        return Standing(
            *self._lists.standing(column, self.model.scores(warm.state, self.clock()), warm.columns)
        )

    def ranks_before(self, user: str, movie: str, ordinal: int, at: int) -> Ranks | None:
        """Where `movie` stood for `user` just before the event of this ordinal; None when seen by then.

        `at` is when it happened, in UTC microseconds. The lists are as they are served, see `Lists.place`.
        None also for a user who is gone. Nothing warm is pushed out.
        """
        self.refresh()
        past = self.live.users.get(user)
        if past is None:
            return None
        rows = past.matrix()
        earlier = rows[:, ORDINAL] < ordinal
        if np.any(rows[earlier, COLUMN] == self.live.columns.get(movie, -1)):
            return None
        warm = self._warm.after(user, past, earlier)
        column = self._movies.columns.get(movie)
        scores, popular = self.model.scores(warm.state, at), self.model.popular()
        return Ranks(
            int(np.count_nonzero(earlier)),
            self._lists.place(column, scores, warm.columns, (user, day(at))),
            self._lists.place(column, popular, warm.columns),
        )

    def history(self, user: str) -> History:
        """What the model has of `user`, who has events."""
        self.refresh()
        return self._warm.history(self.live.users[user])

    def taste(self, user: str) -> Floats:
        """What `user`, who has events, likes, in the space of the model; see `Served.taste`."""
        history = self.history(user)  # first: news may bring another model
        return self.model.taste(history)

    def appeal(self, movie: str) -> Floats | None:
        """What `movie` is to tastes; None when the model does not know it."""
        [column] = self._columns([movie])
        return None if column is None else self.model.appeal(column)
