"""What may be recommended, as masks over a model's columns: known, not hidden, of a genre, of a year."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from matinee.events.types import Facts

Mask = npt.NDArray[np.bool_]
_NO_YEAR = -1


def is_shown(facts: Facts | None) -> bool:
    """Whether a movie may be listed: known, with a title, not hidden."""
    return facts is not None and bool(facts.title) and not facts.hidden


def is_hidden(facts: Facts | None) -> bool:
    """Whether a movie was withdrawn."""
    return facts is not None and bool(facts.hidden)


class Masks:
    """Masks over the movies of one model, kept up with their facts and combined per request."""

    def __init__(self) -> None:
        self._shown: Mask = np.zeros(0, bool)
        self._years = np.zeros(0, np.int32)
        self._of_genre: dict[str, set[int]] = {}
        self._genres: dict[int, set[str]] = {}

    def resize(self, size: int) -> None:
        """Cover `size` columns; of the new ones nothing is known."""
        more = size - len(self._shown)
        self._shown = np.pad(self._shown, (0, more))
        self._years = np.pad(self._years, (0, more), constant_values=_NO_YEAR)

    def update(self, facts: Iterable[tuple[int, Facts | None]]) -> None:
        """These columns have these facts from here on."""
        for column, fact in facts:
            self._shown[column] = is_shown(fact)
            self._years[column] = (fact and fact.year) or _NO_YEAR
            self._file(column, {genre.casefold() for genre in (fact and fact.genres) or ()})

    def _file(self, column: int, genres: set[str]) -> None:
        for genre in self._genres.pop(column, set()) - genres:
            self._of_genre[genre].discard(column)
            if not self._of_genre[genre]:
                del self._of_genre[genre]
        for genre in genres:
            self._of_genre.setdefault(genre, set()).add(column)
        if genres:
            self._genres[column] = genres

    def allowed(self, genre: str | None, years: tuple[int, int] | None) -> Mask:
        """The movies that may be shown, of this genre (any case) and from and to these years when given."""
        mask = self._shown
        if genre is not None:
            of_genre = np.zeros_like(mask)
            of_genre[list(self._of_genre.get(genre.casefold(), ()))] = True
            mask = mask & of_genre
        if years is not None:
            mask = mask & (self._years >= years[0]) & (self._years <= years[1])
        return mask
