"""The simulation itself: day after day, session after session, in the order of time, without end."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count

import msgspec
import numpy as np

from matinee.events.types import Event, EventType, Facts
from matinee.sources.base import movie_event
from matinee.sources.simulation.invention import invent
from matinee.sources.simulation.movies import SimulatedMovies
from matinee.sources.simulation.people import Person, meet
from matinee.sources.simulation.reviews import write_review
from matinee.sources.simulation.rhythm import busyness, session_start

SOURCE = "simulation"
_DAY = timedelta(days=1)
_RUNTIME = 100.0


@dataclass(frozen=True)
class World:
    """How big a simulated world is, and how busy."""

    start: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    """Midnight of the first day."""
    users: int = 500
    """People who are there from the first day on."""
    new_users: float = 2.0
    """People who arrive, a day on average."""
    movies: int = 1000
    """Movies that are invented when there is no catalogue."""
    new_movies: float = 1.0
    """Movies that come out, a day on average."""
    sessions: float = 0.7
    """Sessions of one person, a day on average."""


def simulate(
    catalogue: Sequence[tuple[str, Facts]] | None, seed: int, world: World = World()
) -> Iterator[Event]:
    """What happens in a world, in the order of its own time, without end: take as many as are wanted.

    `catalogue` is movies with their facts; without one it is invented, and its events come first. New
    movies are numbered behind those of the catalogue that an earlier simulation of this seed made. The
    same arguments give the same events, ids included; another seed gives other people. Time begins at
    `world.start` and goes on as events are taken, past today too: `pace.stamped` makes events of now.
    """
    simulation = _Simulation(catalogue, seed, world)
    waiting = list(simulation.opening())
    heapq.heapify(waiting)
    for day in count():
        midnight = world.start + day * _DAY
        for told in simulation.day(midnight):
            heapq.heappush(waiting, told)
        while waiting and waiting[0][0] < midnight + _DAY:
            yield heapq.heappop(waiting)[2]


Told = tuple[datetime, int, Event]
"""An event with what it is ordered by: its time, and the order in which it was made."""


class _Simulation:
    def __init__(self, catalogue: Sequence[tuple[str, Facts]] | None, seed: int, world: World) -> None:
        self._rng = np.random.default_rng(seed)
        self._world = world
        self._seed = seed
        self._made = count()
        self._numbers = count(_last_number(catalogue or (), f"sim{seed}-m") + 1)
        self._users = count(1)
        self._invented = not catalogue
        movies = list(catalogue or self._invent_catalogue())
        self._run = _run(movies, seed, world)
        self._movies = SimulatedMovies(self._rng, movies, world.start.year)
        self._people = [self._meet() for _ in range(world.users)]

    def opening(self) -> Iterator[Told]:
        """The invented catalogue, before anything else happens."""
        for movie, facts in self._movies.movies if self._invented else ():
            yield self._premiere(movie, facts, self._world.start)

    def day(self, midnight: datetime) -> Iterator[Told]:
        """Everything that begins on one day, in no particular order."""
        self._movies.next_day()
        for _ in range(self._rng.poisson(self._world.new_movies)):
            yield self._new_movie(midnight + timedelta(seconds=int(self._rng.integers(6 * 3600, 20 * 3600))))
        self._people += [self._meet() for _ in range(self._rng.poisson(self._world.new_users))]
        for person in self._people:
            for _ in range(self._rng.poisson(person.sessions * busyness(midnight))):
                yield from self._session(person, session_start(self._rng, midnight, person.shift))

    def _invent_catalogue(self) -> Iterator[tuple[str, Facts]]:
        newest = self._world.start.year - 1
        for _ in range(max(self._world.movies, 1)):
            yield self._movie_id(), invent(self._rng, newest - int(min(self._rng.exponential(14), 80)))

    def _movie_id(self) -> str:
        return f"sim{self._seed}-m{next(self._numbers)}"

    def _meet(self) -> Person:
        user = f"sim{self._seed}-u{next(self._users)}"
        genres = len(self._movies.genre_names)
        return meet(self._rng, user, genres, self._world.start.year, self._world.sessions)

    def _new_movie(self, at: datetime) -> Told:
        movie, facts = self._movie_id(), invent(self._rng, at.year, at.date())
        self._movies.add(movie, facts)
        return self._premiere(movie, facts, at)

    def _premiere(self, movie: str, facts: Facts, at: datetime) -> Told:
        event = msgspec.structs.replace(movie_event(movie, facts, SOURCE), at=at)
        return at, next(self._made), event

    def _session(self, person: Person, at: datetime) -> Iterator[Told]:
        """One evening, mostly: one to four movies, one after the other."""
        match = self._movies.match(person)
        for place in self._movies.choose(person, match, min(1 + self._rng.poisson(0.6), 4)):
            enjoyment = self._movies.enjoyment(place, float(match[place]))
            person.seen.add(place)
            share = self._watched(enjoyment)
            minutes = share * (self._movies.movies[place][1].runtime or _RUNTIME)
            at += timedelta(seconds=round(60 * minutes) + 1)
            yield self._told(person, place, "view", at, value=share)
            for told in self._reactions(person, place, enjoyment, at):
                at = told[0]
                yield told
            at += timedelta(seconds=int(self._rng.integers(20, 900)))

    def _watched(self, enjoyment: float) -> float:
        """The share of a movie that is watched: on average a fifth of the worst, nearly all of the best."""
        return round(float(self._rng.beta(2 + 8 * enjoyment, 1.5 + 6 * (1 - enjoyment))), 3)

    def _reactions(self, person: Person, place: int, enjoyment: float, at: datetime) -> Iterator[Told]:
        """What someone says after a movie, a few seconds apart; mostly nothing."""
        rng, often = self._rng, person.talkative
        at += timedelta(seconds=int(rng.integers(3, 40)))
        if rng.random() < 0.4 * often * _certainty(enjoyment - 0.62):
            yield self._told(person, place, "like", at)
        elif rng.random() < 0.4 * often * _certainty(0.38 - enjoyment):
            yield self._told(person, place, "dislike", at)
        if rng.random() < 0.25 * often:
            at += timedelta(seconds=int(rng.integers(2, 30)))
            yield self._told(person, place, "rating", at, value=self._stars(person, enjoyment))
        if rng.random() < 0.05 * often:
            at += timedelta(seconds=int(rng.integers(40, 400)))
            stars = self._stars(person, enjoyment) if rng.random() < 0.7 else None
            text = write_review(rng, self._movies.movies[place][1], enjoyment)
            yield self._told(person, place, "review", at, value=stars, text=text)

    def _stars(self, person: Person, enjoyment: float) -> float:
        """Half stars, from 0.5 to 5."""
        felt = enjoyment + person.kindness + self._rng.normal(0, 0.05)
        return min(max(round(2 * 5 * felt) / 2, 0.5), 5.0)

    def _told(
        self,
        person: Person,
        place: int,
        type_: EventType,
        at: datetime,
        value: float | None = None,
        text: str | None = None,
    ) -> Told:
        number = next(self._made)
        event = Event(
            id=f"{SOURCE}/{self._run}/{number}",
            type=type_,
            user=person.user,
            movie=self._movies.movies[place][0],
            at=at,
            value=value,
            text=text,
            source=SOURCE,
        )
        return at, number, event


def _certainty(distance: float) -> float:
    """From 0 to 1: a half where `distance` is 0, nearly 1 from a quarter of the scale on."""
    return float(1 / (1 + np.exp(-14 * distance)))


def _last_number(movies: Sequence[tuple[str, Facts]], prefix: str) -> int:
    """The highest number behind `prefix` among the ids of `movies`; 0 when there is none."""
    numbers = (movie.removeprefix(prefix) for movie, _ in movies if movie.startswith(prefix))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _run(movies: Sequence[tuple[str, Facts]], seed: int, world: World) -> str:
    """What tells the ids of this simulation from those of one with other arguments."""
    told = msgspec.json.encode([seed, world, movies])
    return blake2b(told, digest_size=6).hexdigest()
