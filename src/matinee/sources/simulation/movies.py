"""The movies of a simulation: what they are, and how much each is watched at the time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matinee.events.types import Facts
from matinee.sources.simulation.people import Person

_ZIPF = 1.0
"""The exponent of popularity by rank."""
_COOLING_DAYS = 10.0
_PREMIERE = 12.0
"""How many times more a movie is watched on the day it comes out than it will be later."""
_TASTE = 4.0
"""How strongly people choose what they like: the odds grow by e to this power from worst to best match."""


class SimulatedMovies:
    """Movies as arrays, in the order in which they came: genres, years, appeal and heat.

    The appeal of a movie stays; its heat comes with its premiere or by chance, and fades.
    """

    def __init__(self, rng: np.random.Generator, movies: Sequence[tuple[str, Facts]], year: int) -> None:
        self._rng = rng
        self.movies = list(movies)
        self.genre_names = sorted({genre for _, facts in movies for genre in facts.genres or ()}) or ["Drama"]
        self._column = {genre: i for i, genre in enumerate(self.genre_names)}
        self._genres = np.array([self._row(facts) for _, facts in movies])
        self._years = np.array([float(facts.year or year) for _, facts in movies])
        self._appeal = _appeal(rng, [facts.votes for _, facts in movies])
        self._heat = np.zeros(len(movies))
        self._quality = rng.beta(4, 3, len(movies))

    def add(self, movie: str, facts: Facts) -> None:
        """A premiere."""
        self.movies.append((movie, facts))
        self._genres = np.vstack([self._genres, self._row(facts)])
        self._years = np.append(self._years, float(facts.year or self._years.max()))
        self._appeal = np.append(self._appeal, self._rng.choice(self._appeal))
        self._heat = np.append(self._heat, _PREMIERE)
        self._quality = np.append(self._quality, self._rng.beta(4, 3))

    def next_day(self) -> None:
        """All that is hot cools, and by chance something else becomes hot."""
        self._heat *= np.exp(-1 / _COOLING_DAYS)
        talked_about = self._rng.integers(0, len(self.movies), self._rng.poisson(0.3))
        self._heat[talked_about] += self._rng.gamma(2, 10, len(talked_about))

    def match(self, person: Person) -> NDArray[np.float64]:
        """How well each movie suits the person, from 0 to 1: three quarters genres, one quarter era."""
        era = np.exp(-0.5 * ((self._years - person.era) / person.breadth) ** 2)
        matched: NDArray[np.float64] = 0.75 * (self._genres @ person.taste) + 0.25 * era
        return matched

    def choose(self, person: Person, match: NDArray[np.float64], count: int) -> list[int]:
        """Places of `count` movies that the person picks, not seen before but for a rare second time."""
        weight = self._appeal * (1 + self._heat) * np.exp(_TASTE * match)
        weight[list(person.seen)] *= 0.002
        until = np.cumsum(weight)
        picked = np.searchsorted(until, self._rng.random(count) * until[-1], side="right")
        return list(dict.fromkeys(int(place) for place in picked))

    def enjoyment(self, place: int, match: float) -> float:
        """How much someone whom it suits by `match` enjoys the movie this time, from 0 to 1."""
        felt = 0.25 + 0.6 * match + 0.25 * self._quality[place] + self._rng.normal(0, 0.1)
        return float(min(max(felt, 0.0), 1.0))

    def _row(self, facts: Facts) -> NDArray[np.float64]:
        """The movie's genres as shares that sum to 1; all alike when it has none."""
        row = np.zeros(len(self.genre_names))
        row[[self._column[genre] for genre in facts.genres or () if genre in self._column]] = 1
        return row / row.sum() if row.any() else np.full(len(row), 1 / len(row))


def _appeal(rng: np.random.Generator, votes: list[int | None]) -> NDArray[np.float64]:
    """Zipf's law over the movies, those with most votes first, those without any by chance."""
    chance = rng.random(len(votes))
    order = sorted(range(len(votes)), key=lambda i: (-(votes[i] or 0), chance[i]))
    appeal = np.empty(len(votes))
    appeal[order] = np.arange(1, len(votes) + 1, dtype=float) ** -_ZIPF
    return appeal
