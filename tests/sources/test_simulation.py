"""The simulated audience behaves as a real one does, and the same each time."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import numpy as np
import pytest

from matinee.events.codec import decode, encode
from matinee.events.types import Facts
from matinee.sources.simulation.simulate import World, simulate

WORLD = World(users=150, movies=400, new_movies=1, new_users=1)


@pytest.fixture(scope="module")
def events():
    return list(islice(simulate(None, 7, WORLD), 25_000))


@pytest.fixture(scope="module")
def genres(events):
    return {event.movie: event.facts.genres for event in events if event.type == "movie"}


def test_the_same_seed_gives_the_same_events(events):
    assert list(islice(simulate(None, 7, WORLD), 3000)) == events[:3000]


@pytest.mark.parametrize("other", [(None, 8, WORLD), (None, 7, World(users=151, movies=400))])
def test_other_arguments_share_no_id_of_what_people_do(other, events):
    ids = {event.id for event in islice(simulate(*other), 3000) if event.type != "movie"}
    assert not ids & {event.id for event in events}


def test_every_event_is_valid_and_has_its_own_id(events):
    now = max(event.at for event in events)
    for event in events:
        assert decode(encode(event), now) == event
    assert len({event.id for event in events}) == len(events)


def test_time_never_goes_back(events):
    assert all(a.at <= b.at for a, b in pairwise(events))


def test_nobody_reacts_before_they_have_watched(events):
    watched: set[tuple[str, str]] = set()
    for event in events:
        if event.type == "view":
            watched.add((event.user, event.movie))
        elif event.type != "movie":
            assert (event.user, event.movie) in watched


def test_all_types_come_views_most_of_all(events):
    counts = Counter(event.type for event in events)
    assert counts["view"] > counts["rating"] > counts["review"] > 100
    assert counts["like"] > counts["dislike"] > 100


def test_what_is_liked_was_watched_to_the_end_and_what_is_disliked_was_not(events):
    shares = {(event.user, event.movie): event.value for event in events if event.type == "view"}

    def mean(type_):
        return np.mean([shares[event.user, event.movie] for event in events if event.type == type_])

    assert mean("like") > mean("dislike") + 0.2


def test_tastes_can_be_learnt(events, genres):
    """The genres that someone liked before tell what they like later, better than what others like."""
    names = sorted({genre for shown in genres.values() for genre in shown})
    halves: dict[str, list[np.ndarray]] = {}
    for user, movies in _liked(events).items():
        if len(movies) >= 12:
            middle = len(movies) // 2
            halves[user] = [_shares(part, genres, names) for part in (movies[:middle], movies[middle:])]
    before, after = (np.array([half[i] for half in halves.values()]) for i in (0, 1))
    alike = _unit(before) @ _unit(after).T
    assert len(halves) > 30
    assert (np.diag(alike) > alike.mean(axis=0)).mean() > 0.85


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _liked(events):
    liked = defaultdict(list)
    for event in events:
        if event.type == "like":
            liked[event.user].append(event.movie)
    return liked


def _shares(movies, genres, names):
    counts = Counter(genre for movie in movies for genre in genres[movie])
    return np.array([counts[name] for name in names]) / counts.total()


def test_few_movies_have_most_of_the_views(events):
    counts = sorted(Counter(e.movie for e in events if e.type == "view").values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > 0.3 * sum(counts)
    assert counts[0] > 10 * counts[3 * len(counts) // 4]


def test_new_movies_are_hot_and_cool_down(events):
    began = WORLD.start + timedelta(days=1)
    came = {e.movie: e.at for e in events if e.type == "movie" and e.at > began}
    ages = [(e.at - came[e.movie]).days for e in events if e.type == "view" and e.movie in came]
    last = max(event.at for event in events)
    old_enough = [movie for movie, at in came.items() if last - at > timedelta(days=40)]
    assert len(came) > 20
    assert len(old_enough) > 5
    assert sum(age < 10 for age in ages) > 2 * sum(20 <= age < 30 for age in ages)


def test_evenings_and_weekends_are_busy(events):
    hours = Counter(event.at.hour for event in events if event.type == "view")
    assert sum(hours[h] for h in range(19, 24)) > 5 * sum(hours[h] for h in range(4, 9))
    days = Counter(event.at.weekday() for event in events if event.type == "view")
    assert min(days[5], days[6]) > max(days[0], days[1], days[2])


def test_people_arrive_as_time_goes_on(events):
    first: dict[str, datetime] = {}
    for event in events:
        if event.user:
            first.setdefault(event.user, event.at)
    assert sum(at > WORLD.start + timedelta(days=20) for at in first.values()) > 10


def test_reviews_say_what_the_stars_say(events):
    reviews = [event for event in events if event.type == "review"]
    assert len({event.text for event in reviews}) > len(reviews) / 4
    stars = [event.value for event in reviews if event.value and "Skip it." in event.text]
    assert stars
    assert max(stars) < 4


def test_a_given_catalogue_is_what_is_watched():
    catalogue = [(str(i), Facts(title=f"Film {i}", year=1990, genres=("Drama",), votes=i)) for i in range(50)]
    world = World(users=50, new_movies=0)
    events = list(islice(simulate(catalogue, 1, world), 2000))
    assert {event.type for event in events} <= {"view", "like", "dislike", "rating", "review"}
    views = Counter(event.movie for event in events if event.type == "view")
    assert set(views) <= {movie for movie, _ in catalogue}
    assert sum(views[str(i)] for i in range(40, 50)) > sum(views[str(i)] for i in range(10))


def test_movies_are_numbered_behind_those_of_an_earlier_simulation(events):
    catalogue = [(event.movie, event.facts) for event in events if event.type == "movie"]
    again = list(islice(simulate(catalogue, 7, WORLD), 3000))
    new = [event.movie for event in again if event.type == "movie"]
    assert new
    assert not {*new} & {movie for movie, _ in catalogue}
    highest = max(int(movie.removeprefix("sim7-m")) for movie, _ in catalogue)
    assert f"sim7-m{highest + 1}" in new
    assert list(islice(simulate(catalogue, 7, WORLD), 3000)) == again


def test_bare_catalogues_do():
    world = World(start=datetime(2025, 6, 1, tzinfo=UTC), users=5, new_movies=0.5)
    events = list(islice(simulate([("only", Facts())], 3, world), 200))
    assert events[0].at >= world.start
    assert {event.movie for event in events} > {"only"}
