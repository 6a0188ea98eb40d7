"""What is known of a movie as weighted words, and a collection of movies as a TF-IDF matrix."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.events.types import Facts
from matinee.models.base import Floats

_WORD = re.compile(r"[^\W\d_]{2,}")
_GENRE, _TAG, _DECADE = 2.0, 1.5, 1.0
"""How much more than a word of the title or overview these tell."""
_COMMON = 0.3
"""A word in more of the movies than this tells nothing; genres and decades may."""


def terms(facts: Facts) -> dict[str, float]:
    """The weighted terms of a movie: its words, and its genres, tags and decade, told apart by a prefix."""
    words = Counter(_WORD.findall(f"{facts.title or ''} {facts.overview or ''}".lower()))
    weighted = {word: 1 + float(np.log(count)) for word, count in words.items()}
    weighted |= {_name("genre", genre): _GENRE for genre in facts.genres or ()}
    weighted |= {_name("tag", tag): _TAG for tag in facts.tags or ()}
    if facts.year:
        weighted[f"decade:{facts.year // 10}"] = _DECADE
    return weighted


def _name(kind: str, text: str) -> str:
    return f"{kind}:{' '.join(text.lower().split())}"


def vocabulary(documents: Sequence[dict[str, float]]) -> tuple[list[str], Floats]:
    """The terms of at least two movies that are not too common, sorted, and the idf of each."""
    counts = Counter(term for document in documents for term in document)
    most = max(2, _COMMON * len(documents))
    kept = sorted(term for term, n in counts.items() if n >= 2 and (n <= most or ":" in term))
    found = np.array([counts[term] for term in kept])
    return kept, np.log((1 + len(documents)) / found).astype(np.float32)


def tf_idf(documents: Sequence[dict[str, float]], terms_: Sequence[str], idf: Floats) -> csr_array:
    """Rows of unit length, shape (n_documents, n_terms); a row without a known term is empty."""
    places = {term: place for place, term in enumerate(terms_)}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, document in enumerate(documents):
        for term, weight in document.items():
            if (place := places.get(term)) is not None:
                rows.append(row)
                columns.append(place)
                values.append(weight * idf[place])
    shape = (len(documents), len(terms_))
    matrix = csr_array(
        (np.array(values, np.float32), (np.array(rows, int), np.array(columns, int))), shape=shape
    )
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    scale: npt.NDArray[np.float32] = (1 / np.maximum(lengths, 1e-12)).astype(np.float32)
    return csr_array(matrix.multiply(scale[:, None]))
