"""A trial: what models are fitted on, what they are asked, and how their answers become figures."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from matinee.errors import TrainingError
from matinee.evaluation.beyond import Catalogue, K, Shown, beyond
from matinee.evaluation.metrics import Asked, Figure, best, ranks
from matinee.evaluation.result import FiguresByName
from matinee.evaluation.walk import Flags, Scorer
from matinee.events.types import Facts
from matinee.models.base import Floats, Folded, History, Interactions, Ints
from matinee.models.dataset import only
from matinee.progress import Progress


class Answer(NamedTuple):
    """One list: the scores of every movie for a user with the history `past`, and the movies wanted.

    All arrays are to be read, not kept. `group` says which row of the figures it belongs to.
    """

    user: int
    scores: Floats
    seen: Flags
    targets: Ints
    past: Ints
    group: str = ""


class Slice(NamedTuple):
    """A part of the users that is like all of them: every `of`-th one, from `number` on."""

    number: int = 0
    of: int = 1

    def has(self, users: Any) -> Any:
        """Whether it has this user; of an array, which of these."""
        return users % self.of == self.number


ALL = Slice()
"""All users."""


class Answers(Protocol):
    """What asks a model for its lists."""

    def __call__(self, model: Scorer, of: Slice = ALL) -> Iterator[Answer]:
        """The lists of these users, user by user."""
        ...


class Trial(NamedTuple):
    """Models are fitted on `given`, then take in `newcomers`, whose columns follow; `answers` asks them.

    `n` is how many lists there will be; `accuracy` makes the figures of one group of them.
    """

    given: Interactions
    answers: Answers
    n: int
    accuracy: Callable[[Asked], dict[str, Figure]]
    newcomers: tuple[tuple[str, Facts], ...] = ()

    @property
    def movies(self) -> tuple[str, ...]:
        """The whole catalogue, in the order of the columns."""
        return (*self.given.movies, *(movie for movie, _ in self.newcomers))


class Measured(NamedTuple):
    """The figures of one group of lists."""

    lists: int
    targets: int
    users: int
    accuracy: FiguresByName
    beyond: FiguresByName


class Bounded:
    """A model over the first movies of a larger catalogue: what it does not know it ranks last."""

    def __init__(self, model: Scorer, n_known: int, n_movies: int) -> None:
        self._model = model
        self._n_known = n_known
        self._unknown = np.full(n_movies - n_known, -np.inf, np.float32)

    def state(self, history: History) -> Any:
        """The state, of the known movies only."""
        known = history.columns < self._n_known
        return self._model.state(only(history, known))

    def fold_in(self, state: Any, event: Folded) -> Any:
        """The state after the event, if it is at a known movie."""
        return self._model.fold_in(state, event) if event.column < self._n_known else state

    def scores(self, state: Any, at: int | None = None) -> Floats:
        """The scores, minus infinity for what is not known."""
        return np.concatenate([self._model.scores(state, at), self._unknown])


def with_newcomers(model: Any, trial: Trial) -> Scorer:
    """The fitted model with the newcomers of the trial, which one that cannot take them in ranks last."""
    if trial.newcomers and hasattr(model, "with_movies"):
        joined: Scorer = model.with_movies(trial.newcomers)
        return joined
    if trial.newcomers:
        return Bounded(model, len(trial.given.movies), len(trial.movies))
    fitted: Scorer = model
    return fitted


def measured(trial: Trial, model: Scorer, of: Catalogue, progress: Progress) -> dict[str, Measured]:
    """The figures of a model that knows the whole catalogue, by group.

    Raises TrainingError for scores that are no numbers.
    """
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for done, answer in enumerate(trial.answers(model)):
        tallies[answer.group].add(answer, of)
        if done % 500 == 0:
            progress("asking", done, trial.n)
    return {group: tally.figures(trial, of) for group, tally in tallies.items()}


def asked(trial: Trial, model: Scorer, of: Slice = ALL) -> Asked:
    """How a model that knows the whole catalogue does for these users, and nothing beyond that.

    Raises TrainingError for scores that are no numbers, which nothing can be ranked by.
    """
    ranking = _Ranking()
    for answer in trial.answers(model, of):
        ranking.add(answer)
    return ranking.asked()


class _Ranking:
    """What is kept of every list to tell how well the targets did."""

    def __init__(self) -> None:
        self._users: list[int] = []
        self._unseen: list[int] = []
        self._ranks: list[Ints] = []

    def add(self, answer: Answer) -> None:
        """Rank the targets."""
        self._users.append(answer.user)
        self._unseen.append(len(answer.seen) - int(np.count_nonzero(answer.seen)))
        self._ranks.append(_ranks(answer))

    def asked(self) -> Asked:
        """All of it."""
        return Asked.of(self._users, self._unseen, self._ranks)


def _ranks(answer: Answer) -> Ints:
    if np.isnan(answer.scores).any():
        raise TrainingError(
            "the scores of a model are no numbers: nothing can be ranked by them; try other options"
        )
    return ranks(answer.scores, answer.seen, answer.targets)


class _Tally:
    """What is kept of every list."""

    def __init__(self) -> None:
        self._ranking = _Ranking()
        self._movies: list[npt.NDArray[np.int64]] = []
        self._past: list[Floats] = []

    def add(self, answer: Answer, of: Catalogue) -> None:
        """Rank the targets, and keep the list and the genres of the history."""
        self._ranking.add(answer)
        self._movies.append(best(answer.scores, answer.seen, K))
        self._past.append(of.genres[answer.past].sum(axis=0))

    def figures(self, trial: Trial, of: Catalogue) -> Measured:
        """The figures of all of it."""
        asked = self._ranking.asked()
        users = asked.users
        movies = np.full((len(users), K), -1, np.int32)
        for row, columns in zip(movies, self._movies, strict=True):
            row[: len(columns)] = columns
        shown = Shown(users, movies, np.stack(self._past))
        return Measured(
            len(users),
            len(asked.ranks),
            len(np.unique(users)),
            trial.accuracy(asked),
            beyond(shown, of),
        )
