"""Content: what a movie is about, so that one that nobody has seen yet has a place.

A movie is the TF-IDF vector of its title, overview, genres, tags and decade, brought to a few dimensions
by a truncated SVD (latent semantic analysis, Deerwester et al., 1990) and to unit length: v = normalise(t
V). A new movie gets its v by the same product, without refitting. A user is u = sum_q g^(n-1-q) s_q
v(i_q), and

    score(j) = u' v_j = sum_q g^(n-1-q) s_q cos(i_q, j).

So a like pulls towards what is alike, a dislike pushes away from it, and a longer view pulls more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from matinee.events.types import Facts
from matinee.models.base import Floats, Folded, History, Ints
from matinee.models.options import searched
from matinee.models.text import terms, tf_idf, vocabulary

_DENSE = 200
"""With fewer movies or terms than this the whole SVD is the quicker one."""


@dataclass(frozen=True)
class ContentOptions:
    """How content is brought down to vectors."""

    dimensions: int = field(default=64, metadata=searched(8, 256, log=True, least=1, most=4096))
    """The length of the vectors."""
    decay: float = field(default=0.95, metadata=searched(0.3, 1, most=1))
    """g: what an event is still worth after one more."""


class Content:
    """The vectors of the movies, and what turns facts into a vector."""

    kind: ClassVar[str] = "content"

    def __init__(
        self, options: ContentOptions, vectors: Floats, vocabulary: tuple[str, ...], idf: Floats, axes: Floats
    ) -> None:
        self.options = options
        self.vectors = vectors
        self._vocabulary = vocabulary
        self._idf = idf
        self._axes = axes

    @classmethod
    def fit(cls, facts: Sequence[Facts], options: ContentOptions | None = None) -> Self:
        """The vectors of these movies, one column each, in this order."""
        options = options or ContentOptions()
        documents = [terms(each) for each in facts]
        words, idf = vocabulary(documents)
        matrix = tf_idf(documents, words, idf)
        axes = _axes(matrix, options.dimensions)
        return cls(options, _projected(matrix, axes), tuple(words), idf, axes)

    def with_movies(self, movies: Sequence[tuple[str, Facts]]) -> "Content":
        """The same, with these movies behind the others."""
        columns = np.arange(len(self.vectors), len(self.vectors) + len(movies), dtype=np.int32)
        return self.with_vectors(columns, self.vectors_of([facts for _, facts in movies]))

    def vectors_of(self, facts: Sequence[Facts]) -> Floats:
        """The vectors of movies with these facts, shape (len(facts), dimensions)."""
        return _projected(tf_idf([terms(each) for each in facts], self._vocabulary, self._idf), self._axes)

    def with_vectors(self, columns: Ints, vectors: Floats) -> "Content":
        """The same, with these vectors at these columns, of which some may be the next behind the last."""
        more = max(int(columns.max(initial=-1)) + 1 - len(self.vectors), 0)
        every = np.pad(self.vectors, ((0, more), (0, 0)))
        every[columns] = vectors
        return Content(self.options, every, self._vocabulary, self._idf, self._axes)

    def arranged(self, columns: Sequence[int]) -> "Content":
        """The same, with only these movies, in this order."""
        vectors = np.ascontiguousarray(self.vectors[np.asarray(columns, np.int64)])
        return Content(self.options, vectors, self._vocabulary, self._idf, self._axes)

    def state(self, history: History) -> Floats:
        """The vector u, shape (dimensions,)."""
        known = history.columns < len(self.vectors)
        return self._aged(history)[known] @ self.vectors[history.columns[known]]

    def fold_in(self, state: Floats, event: Folded) -> Floats:
        """The state u becomes g u + s v."""
        state *= np.float32(self.options.decay)
        if event.column < len(self.vectors):
            state += np.float32(event.strength) * self.vectors[event.column]
        return state

    def scores(self, state: Floats, at: int | None = None) -> Floats:
        """V u."""
        scores: Floats = self.vectors @ state
        return scores

    def base(self, state: Floats, at: int | None = None) -> Floats:
        """Zeros."""
        return np.zeros(len(self.vectors), np.float32)

    def similar(self, column: int) -> Floats:
        """The cosines."""
        cosines: Floats = self.vectors @ self.vectors[column]
        return cosines

    def explain(self, state: Floats, history: History, columns: Ints, at: int | None = None) -> Floats:
        """g^(n-1-q) s_q cos(i_q, j)."""
        known = history.columns < len(self.vectors)
        given = np.zeros((len(history.columns), len(columns)), np.float32)
        cosines = self.vectors[history.columns[known]] @ self.vectors[columns].T
        given[known] = self._aged(history)[known, None] * cosines
        return given

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The vectors, the axes of the SVD, the idf, and the terms as one text of lines in UTF-8."""
        text = np.frombuffer("\n".join(self._vocabulary).encode(), np.uint8)
        return {"vectors": self.vectors, "axes": self._axes, "idf": self._idf, "terms": text}

    def settings(self) -> Mapping[str, Any]:
        """The options."""
        return asdict(self.options)

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """The model that `arrays()` and `settings()` describe."""
        text = arrays["terms"].tobytes().decode()
        words = tuple(text.split("\n")) if text else ()
        return cls(ContentOptions(**settings), arrays["vectors"], words, arrays["idf"], arrays["axes"])

    def _aged(self, history: History) -> Floats:
        """g^(n-1-q) s_q."""
        ages = np.arange(len(history.columns) - 1, -1, -1, dtype=np.float32)
        return np.float32(self.options.decay) ** ages * history.strengths


def _axes(matrix: csr_array, dimensions: int) -> Floats:
    """The first right singular vectors as columns, shape (n_terms, at most `dimensions`), signs fixed."""
    if not min(matrix.shape):
        return np.zeros((matrix.shape[1], 0), np.float32)
    if min(matrix.shape) <= max(_DENSE, dimensions):
        rows = np.linalg.svd(matrix.toarray(), full_matrices=False)[2][:dimensions]
    else:
        start = np.ones(min(matrix.shape), np.float32)
        rows = svds(matrix, k=dimensions, v0=start, return_singular_vectors="vh")[2][::-1]
    largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    return np.ascontiguousarray((rows * np.sign(largest)).T, np.float32)


def _projected(matrix: csr_array, axes: Floats) -> Floats:
    vectors = matrix @ axes
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-6), np.float32)
