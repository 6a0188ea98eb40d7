"""What is served: popularity, implicit ALS, the sequential model and content, weighted by length of history.

    score(j) = sum_m w_m(bucket of n) score_m(j),    n: the number of the user's events

It is linear in its parts, so explanations stay exact: each part says what an event gave, and the weighted
sum is what the event gave to the blend. What no event gave is popularity: with no events it is all there
is.

Movies that joined after the fit (newcomers) stand behind the fitted ones. Content knows them; the other
parts lend them what they give to the fitted movies nearest in content:

    score_m(j) = newcomer * sum_i cos+(i, j) score_m(i) / sum_i cos+(i, j)    over the nearest i

An event at a newcomer is taken in by content alone, until the next fit.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from matinee.events.types import Facts
from matinee.models.autoencoder import Autoencoder
from matinee.models.base import Floats, Folded, History, Ints, Model
from matinee.models.content import Content
from matinee.models.ials import Ials
from matinee.models.popular import Popular
from matinee.models.sequence import SequenceModel

BUCKETS = (0, 1, 2, 5, 10, 20)
"""The fewest events of each bucket of users."""
PARTS = ("popular", "ials", "sequence", "content")
"""The parts that score, in the order of the columns of the weights."""
_POPULAR, _IALS, _SEQUENCE, _CONTENT = range(len(PARTS))
DEFAULT_WEIGHTS: Floats = np.array(
    [[1, 0, 0, 0], [1, 8, 40, 1], [1, 6, 60, 1], [1, 8, 160, 1], [1, 8, 160, 1], [1, 3, 340, 1]], np.float32
)
"""The weights, shape (buckets, parts), where there is too little to choose by: about ml-latest-small's."""
Lent = tuple[npt.NDArray[np.int64], Floats]
"""Of every newcomer the nearest fitted movies and their shares."""
_COSINE, _AFTER, _BESIDE, _ALIKE = np.float32(0.5), np.float32(0.3), np.float32(0.2), np.float32(0.2)
"""What the ALS factors, what is watched next, what else is liked, and content count for in likeness."""
_KINDS: dict[str, Any] = {
    "popular": Popular,
    "ials": Ials,
    "sequence": SequenceModel,
    "content": Content,
    "autoencoder": Autoencoder,
}
_ROUNDING = 1e-4
"""Vectors of length 1 that differ by less are the same."""


class Parts(NamedTuple):
    """The fitted parts: `PARTS`, and an autoencoder for likeness alone.

    All but content may know fewer movies: the first ones.
    """

    popular: Popular
    ials: Ials
    sequence: SequenceModel
    content: Content
    autoencoder: Autoencoder


@dataclass(frozen=True)
class BlendOptions:
    """What is not learnt."""

    newcomer: float = 1.5
    """How many means of its neighbours' scores a newcomer is lent: no mean is as high as the best."""
    neighbours: int = 10
    """How many fitted movies lend to each newcomer."""


class BlendState:
    """One user: how many events, and the states of the parts."""

    __slots__ = ("count", "parts")

    def __init__(self, count: int, parts: list[Any]) -> None:
        self.count = count
        self.parts = parts


class Blend:
    """The blend over `movies`, whose first `n_fitted` were fitted and whose others are newcomers."""

    kind: ClassVar[str] = "blend"

    def __init__(
        self,
        movies: tuple[str, ...],
        parts: Parts,
        weights: Floats = DEFAULT_WEIGHTS,
        options: BlendOptions | None = None,
        lent: Lent | None = None,
    ) -> None:
        self.movies = movies
        self.parts = parts
        self._models: tuple[Model, ...] = tuple(parts[: len(PARTS)])
        self.weights = np.asarray(weights, np.float32)
        self._weights = self.weights.tolist()
        self.options = options or BlendOptions()
        self.n_fitted = int(parts.popular.arrays()["popularity"].shape[1])
        self._nearest, self._shares = lent or self._neighbours(parts.content.vectors[self.n_fitted :])
        self._lent = self._shares * np.float32(self.options.newcomer)

    @cached_property
    def columns(self) -> dict[str, int]:
        """The column of every movie."""
        return {movie: column for column, movie in enumerate(self.movies)}

    def with_weights(self, weights: Floats) -> "Blend":
        """The same parts, otherwise weighted; states stay valid."""
        return Blend(self.movies, self.parts, weights, self.options, (self._nearest, self._shares))

    def with_movies(self, movies: Sequence[tuple[str, Facts]]) -> "Blend":
        """The catalogue followed by these newcomers; those already in it have these facts from here on.

        Fitted movies are left out. The fitted arrays are shared, columns keep their meaning, and states stay
        valid for both blends, those of users of a newcomer whose facts changed for this one alone.
        """
        told = {
            movie: facts for movie, facts in movies if self.columns.get(movie, self.n_fitted) >= self.n_fitted
        }
        joining = [movie for movie in told if movie not in self.columns]
        everything = (*self.movies, *joining)
        behind = {movie: len(self.movies) + place for place, movie in enumerate(joining)}
        columns = np.array([self.columns.get(movie, behind.get(movie)) for movie in told], np.int32)
        vectors = self.parts.content.vectors_of([*told.values()])
        others = self._has_others(columns, vectors)
        if not others.any():
            return self
        columns, vectors = columns[others], vectors[others]
        more = ((0, len(joining)), (0, 0))
        nearest, shares = np.pad(self._nearest, more), np.pad(self._shares, more)
        new = columns - self.n_fitted
        nearest[new], shares[new] = self._neighbours(vectors)
        parts = self.parts._replace(content=self.parts.content.with_vectors(columns, vectors))
        return Blend(everything, parts, self.weights, self.options, (nearest, shares))

    def _has_others(self, columns: Ints, vectors: Floats) -> npt.NDArray[np.bool_]:
        """Which of these columns are new, or have other vectors but for rounding."""
        others = columns >= len(self.movies)
        before = self.parts.content.vectors[columns[~others]]
        others[~others] = np.abs(vectors[~others] - before).max(axis=1, initial=0) > _ROUNDING
        return others

    def state(self, history: History) -> BlendState:
        """The states of all parts after `history`."""
        return BlendState(len(history.columns), [part.state(history) for part in self._models])

    def fold_in(self, state: BlendState, event: Folded) -> BlendState:
        """One more event for every part."""
        state.count += 1
        state.parts = [part.fold_in(own, event) for part, own in zip(self._models, state.parts, strict=True)]
        return state

    def phase(self, state: BlendState, at: int | None = None) -> int:
        """That of the sequential model: nothing else changes with time."""
        return self.parts.sequence.phase(state.parts[_SEQUENCE], at)

    def scores(self, state: BlendState, at: int | None = None) -> Floats:
        """sum_m w_m score_m, shape (n_movies,)."""
        weights = self._weights[bucket(state.count)]
        scores = self.parts.popular.scores(state.parts[_POPULAR])
        scores *= weights[_POPULAR]
        for part in (_IALS, _SEQUENCE):
            if weights[part]:
                given = self._models[part].scores(state.parts[part], at)
                given *= weights[part]
                scores += given
        scores = self._lending(scores)
        if weights[_CONTENT]:
            scores += self.parts.content.scores(state.parts[_CONTENT] * np.float32(weights[_CONTENT]))
        return scores

    def part_scores(self, state: BlendState, at: int | None = None) -> Floats:
        """The unweighted scores of every part, shape (parts, n_movies)."""
        scores = [part.scores(own, at) for part, own in zip(self._models, state.parts, strict=True)]
        return np.stack([*(self._lending(each) for each in scores[:_CONTENT]), scores[_CONTENT]])

    def base(self, state: BlendState, at: int | None = None) -> Floats:
        """The weighted sum of what no event gave to the parts: two kinds of popularity."""
        weights = self._weights[bucket(state.count)]
        popular = self.parts.popular.base(state.parts[_POPULAR])
        sequence = self.parts.sequence.base(state.parts[_SEQUENCE], at)
        given = weights[_POPULAR] * popular + weights[_SEQUENCE] * sequence
        return self._lending(given.astype(np.float32))

    def state_bytes(self) -> int:
        """Nearly all of it is sums over the mapped movies, and the equation of the factors."""
        sequence, factors = self.parts.sequence.arrays(), self.parts.ials.options.factors
        return 4 * int(sequence["map"].shape[1]) * len(sequence["columns"]) + 8 * factors**2 + 2_000

    def popular(self) -> Floats:
        """What everybody moves to; newcomers by what their neighbours are."""
        popular = self.parts.popular
        return self._lending(popular.scores(popular.options.stages))

    def similar(self, column: int) -> Floats:
        """How alike every movie is, itself included: tastes and content; to a newcomer, content alone.

        Newcomers are lent the likeness of tastes as they are lent scores.

        cos(ALS factors) / 2 + .3 root(next) + .2 root(beside) + cos(content) / 5, where `next` is what is
        watched next by the sequential model, `beside` what else is liked by the autoencoder.
        """
        content = self.similar_content(column)
        if column >= self.n_fitted:
            return content
        likeness: Floats = self.similar_audience(column) + _ALIKE * content
        return likeness

    def similar_audience(self, column: int) -> Floats:
        """The same by tastes alone; to a newcomer, which nobody was met with, nothing: minus infinity."""
        if column >= self.n_fitted:
            return np.full(len(self.movies), -np.inf, np.float32)
        alike: Floats = _COSINE * self.parts.ials.similar(column)
        alike += _AFTER * _root(self.parts.sequence.similar(column))
        alike += _BESIDE * _root(self.parts.autoencoder.similar(column))
        return self._lending(alike)

    def similar_content(self, column: int) -> Floats:
        """The same by facts alone: the cosines of content."""
        return self.parts.content.similar(column)

    def is_new(self, column: int) -> bool:
        """Whether it is a newcomer."""
        return column >= self.n_fitted

    def taste(self, history: History) -> Floats:
        """The taste in the space of the ALS factors; events at newcomers do not count."""
        return self.parts.ials.taste(history)

    def appeal(self, column: int) -> Floats:
        """The movie's place there; a newcomer's is the mean of its nearest in content, by their shares."""
        appeals = self.parts.ials.appeals
        new = column - self.n_fitted
        appeal: Floats = appeals[column] if new < 0 else self._shares[new] @ appeals[self._nearest[new]]
        return appeal

    def explain(self, state: BlendState, history: History, columns: Ints, at: int | None = None) -> Floats:
        """What each event gave, shape (len(history), len(columns)); with `base` it sums to the scores."""
        columns = np.asarray(columns, np.int32)
        weights = self.weights[bucket(state.count)]
        content = self.parts.content.explain(state.parts[_CONTENT], history, columns)
        given: Floats = weights[_CONTENT] * content
        fitted = columns < self.n_fitted
        given[:, fitted] += self._fitted_part(state, history, columns[fitted], at)
        if not fitted.all():
            new = columns[~fitted] - self.n_fitted
            lenders, places = np.unique(self._nearest[new], return_inverse=True)
            shares = np.zeros((len(lenders), len(new)), np.float32)
            np.add.at(
                shares,
                (places.reshape(self._nearest[new].shape), np.arange(len(new))[:, None]),
                self._lent[new],
            )
            given[:, ~fitted] += self._fitted_part(state, history, lenders.astype(np.int32), at) @ shares
        return given

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The weights, what newcomers are lent, and the arrays of every part under its name and a dot."""
        named = self._named()
        arrays = {f"{name}.{key}": array for name, part in named for key, array in part.arrays().items()}
        lent: dict[str, npt.NDArray[Any]] = {
            "newcomers.nearest": self._nearest,
            "newcomers.shares": self._shares,
        }
        return {"weights": self.weights, **lent, **arrays}

    def settings(self) -> Mapping[str, Any]:
        """The settings of the blend and of every part."""
        parts = {name: dict(part.settings()) for name, part in self._named()}
        return {**asdict(self.options), "parts": parts}

    @classmethod
    def restored(
        cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any], movies: tuple[str, ...]
    ) -> Self:
        """The model that `arrays()`, `settings()` and `movies` describe."""
        parts = []
        for name in Parts._fields:
            own = {
                key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{name}.")
            }
            parts.append(_KINDS[name].restored(own, settings["parts"][name]))
        lent = (arrays["newcomers.nearest"], arrays["newcomers.shares"])
        return cls(
            movies,
            Parts(*parts),
            arrays["weights"],
            BlendOptions(settings["newcomer"], settings["neighbours"]),
            lent,
        )

    def _named(self) -> Iterator[tuple[str, Model]]:
        models: tuple[Model, ...] = self.parts
        return zip(Parts._fields, models, strict=True)

    def _fitted_part(self, state: BlendState, history: History, columns: Ints, at: int | None) -> Floats:
        weights = self.weights[bucket(state.count)]
        given = np.zeros((len(history.columns), len(columns)), np.float32)
        for part in (_IALS, _SEQUENCE):
            if weights[part] and len(columns):
                given += weights[part] * self._models[part].explain(state.parts[part], history, columns, at)
        return given

    def _neighbours(self, new: Floats) -> Lent:
        """The fitted movies nearest to these vectors, and their shares; without any likeness these are 0."""
        fitted = self.parts.content.vectors[: self.n_fitted]
        k = min(self.options.neighbours, len(fitted))
        nearest = np.empty((len(new), k), np.int64)
        shares = np.empty((len(new), k), np.float32)
        for start in range(0, len(new), 512):
            block = slice(start, start + 512)
            cosines = new[block] @ fitted.T
            nearest[block] = np.sort(np.argpartition(-cosines, k - 1, axis=1)[:, :k], axis=1) if k else 0
            shares[block] = np.maximum(np.take_along_axis(cosines, nearest[block], axis=1), 0)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-6))
        return nearest, shares

    def _lending(self, scores: Floats) -> Floats:
        """Scores of the fitted movies, followed by what the newcomers are lent of them."""
        if not len(self._nearest):
            return scores
        return np.concatenate([scores, np.vecdot(scores[self._nearest], self._lent)])


def _root(given: Floats) -> Floats:
    """sqrt(given / max), nothing where negative.

    The root keeps a single strong one, which is often only what everybody watched in that week, from
    drowning all others.
    """
    given = np.maximum(given, 0)
    root: Floats = np.sqrt(given / np.maximum(given.max(initial=0), np.float32(1e-12)))
    return root


def bucket(count: int) -> int:
    """The bucket of a user with `count` events."""
    return bisect_right(BUCKETS, count) - 1
