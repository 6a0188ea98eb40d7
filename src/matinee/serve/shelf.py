"""What may be recommended, as masks over a model's columns: known, not hidden, of a genre, of a year."""

import numpy as np
import numpy.typing as npt

from matinee.events.types import Facts

Mask = npt.NDArray[np.bool_]


def is_shown(facts: Facts | None) -> bool:
    """Whether a movie may be listed: known, with a title, not hidden."""
    return facts is not None and bool(facts.title) and not facts.hidden


class Shelf:
    """Masks over the movies of one model, derived once from their facts and combined per request."""

    def __init__(self, facts: list[Facts | None]) -> None:
        self.shown: Mask = np.array([is_shown(each) for each in facts], bool)
        self.years = np.array([f.year if f and f.year else 0 for f in facts], np.int32)
        self.genres: dict[str, Mask] = {}
        for column, fact in enumerate(facts):
            for genre in (fact.genres if fact else None) or ():
                self.genres.setdefault(genre.casefold(), np.zeros(len(facts), bool))[column] = True

    def allowed(self, genre: str | None, years: tuple[int, int] | None) -> Mask:
        """The movies that may be shown, of this genre (any case) and from and to these years when given."""
        mask = self.shown
        if genre is not None:
            of_genre = self.genres.get(genre.casefold())
            mask = mask & of_genre if of_genre is not None else np.zeros_like(mask)
        if years is not None:
            mask = mask & (self.years >= years[0]) & (self.years <= years[1])
        return mask
