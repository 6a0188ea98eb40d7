"""The tastes of users, kept beside the live state: who is like whom, and who would like a movie.

The model solves a taste from a user's events, which takes a fraction of a millisecond; so those of all are
kept as the rows of a matrix, and either question is one product with it. It holds at most `MOST` users,
those of the latest events. It is made when a model is taken up, and brought up to date at most once a
minute if it was asked meanwhile; only users with new events are solved anew, a few at a time between
requests. So a row may be a minute behind; the taste of the user who is asked about never is.
"""

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from matinee.models.base import Floats
from matinee.serve.history import UserHistory
from matinee.serve.recommender import Recommender
from matinee.serve.variety import top

MOST = 20_000
"""The most users whose tastes are kept, at 256 bytes each."""
_FEW = 5
"""So many events make half of a likeness count."""
_SOLVED = 5
"""So many are solved between two requests: about a millisecond."""
_LOOKED_AT = 2_000
"""So many histories are looked at between two requests: about as long."""


class Scored(NamedTuple):
    """A user and what a product with their taste gave."""

    user: str
    score: float


class Tastes:
    """The tastes of the users of one recommender's live state, in the space of its model.

    Used by the event loop's thread only, as the live state is.
    """

    def __init__(self, recommender: Recommender, most: int = MOST) -> None:
        self.recommender = recommender
        self.asked = False
        """Whether a question came since the last renewal began."""
        self._most = most
        self._row: dict[int, int] = {}
        self._numbers: list[int] = []
        self._made_of: list[tuple[int, int]] = []
        self._matrix: Floats = np.empty((0, 0), np.float32)
        self._discounts: Floats = np.empty(0, np.float32)
        self._forgotten = recommender.live.forgotten

    def __len__(self) -> int:
        return len(self._numbers)

    def renew(self) -> Iterator[None]:
        """Bring all rows up to date; between two yields is so little work that a request can wait for it."""
        self.asked = False
        latest = yield from self._latest()
        self.forget()
        for number in self._row.keys() - latest:
            self._drop(number)
        solved = 0
        for looked_at, number in enumerate(latest, 1):
            solved += self._solve(number)
            if solved == _SOLVED or looked_at % _LOOKED_AT == 0:
                solved = 0
                yield

    def _latest(self) -> Generator[None, None, set[int]]:
        """The numbers of the users of the latest events."""
        live = self.recommender.live
        found: list[tuple[float, int]] = []
        for start in range(0, len(live.names), _LOOKED_AT):
            numbers = range(start, min(start + _LOOKED_AT, len(live.names)))
            known = ((self._history(number), number) for number in numbers)
            found += [(past.rows[-2], number) for past, number in known if past is not None]
            yield
        if len(found) > self._most:
            last = np.array([at for at, _ in found])
            found = [found[place] for place in np.argpartition(-last, self._most)[: self._most].tolist()]
        return {number for _, number in found}

    def forget(self) -> None:
        """Drop the rows of who was erased."""
        live = self.recommender.live
        if self._forgotten != live.forgotten:
            self._forgotten = live.forgotten
            for number in [number for number in self._numbers if not live.names[number]]:
                self._drop(number)

    def near(self, user: str, k: int) -> list[Scored]:
        """The `k` users whose tastes are nearest to that of `user`, by their cosine, which is above 0.

        That of someone with n events counts n / (n + 5): who did a single thing is like all who did it, too
        (Herlocker et al., 1999, discount likeness that rests on little).
        """
        past = self.recommender.live.users.get(user)
        if past is None:
            return []
        return self._best(self.recommender.taste(user), {past.number}, k, discounted=True)

    def drawn_to(self, movie: str, without: set[int], k: int) -> list[Scored]:
        """The `k` users for whom `movie` stands out the most, but those with the numbers `without`.

        The score is by how many standard deviations it is above what the model gives them on the average.
        """
        appeal = self.recommender.appeal(movie)
        return [] if appeal is None else self._best(appeal, without, k)

    def _best(self, vector: Floats, without: set[int], k: int, *, discounted: bool = False) -> list[Scored]:
        self.forget()
        self.asked = True
        scores = self._matrix[: len(self)] @ vector if len(self) else np.empty(0, np.float32)
        if discounted:
            scores = scores * self._discounts[: len(self)]
        scores[[self._row[number] for number in without if number in self._row]] = 0
        best = top(np.where(scores > 0, scores, np.float32(-np.inf)), k)
        names = self.recommender.live.names
        return [Scored(names[self._numbers[row]], float(scores[row])) for row in best.tolist()]

    def _history(self, number: int) -> UserHistory | None:
        live = self.recommender.live
        past = live.users.get(live.names[number])
        return past if past is not None and past.number == number and len(past) else None

    def _solve(self, number: int) -> bool:
        """Bring the row of one user up to date; whether there was anything to do."""
        past = self._history(number)
        if past is None:
            return False
        made_of, row = (len(past), past.rebuilt), self._row.get(number)
        if row is not None and self._made_of[row] == made_of:
            return False
        taste = self.recommender.taste(self.recommender.live.names[number])
        if row is None:
            row = self._row[number] = self._new_row(number, len(taste))
        self._made_of[row] = made_of
        self._matrix[row], self._discounts[row] = taste, len(past) / (len(past) + _FEW)
        return True

    def _new_row(self, number: int, dimensions: int) -> int:
        row = len(self._numbers)
        if row == len(self._matrix):
            grown = np.zeros((max(64, 2 * row), dimensions), np.float32)
            if row:
                grown[:row] = self._matrix
            self._matrix, self._discounts = grown, np.resize(self._discounts, len(grown))
        self._numbers.append(number)
        self._made_of.append((0, 0))
        return row

    def _drop(self, number: int) -> None:
        """Take a row out; the last one takes its place."""
        row, last = self._row.pop(number), len(self._numbers) - 1
        self._matrix[row], self._discounts[row] = self._matrix[last], self._discounts[last]
        self._matrix[last] = 0
        self._numbers[row], self._made_of[row] = self._numbers[last], self._made_of[last]
        if row != last:
            self._row[self._numbers[row]] = row
        self._numbers.pop()
        self._made_of.pop()
