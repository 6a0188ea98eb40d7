"""The live state is the same in however many pieces it takes the log in, and forgets as the lake does."""

import random
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.events.codec import encode
from matinee.events.types import Event
from matinee.lake.delta import Lake
from matinee.log.base import Entry, Listed, Position, Record, ordinal_of
from matinee.serve import snapshot
from matinee.serve.live import _FEW, LiveState
from matinee.stream.local import LocalStream
from matinee.stream.parse import parse
from matinee.stream.steps import rows_of
from tests.events.strategies import events, of_users
from tests.serve.world import NOON, batch
from tests.stream import given as draw
from tests.stream.memory_log import MemoryLog
from tests.stream.story import BEGUN, Source, erase, like, rating, retract, stages


def taken(
    records: list[Record], size: int, partitions: int = 1, sent: dict[bytes, Event] | None = None
) -> dict[str, Any]:
    """Everything that a live state has, when it took so many at once, all from the first partition."""
    moment, live = int(NOON.timestamp() * 1e6), LiveState()
    entries = [Entry(0, place, moment + place // 3, *each) for place, each in enumerate(records, 1)]
    for start in range(0, len(entries), size):
        piece = entries[start : start + size]
        live.take(Listed(piece, Position((piece[-1].offset, *[0] * (partitions - 1)))), sent)
    return state(live)


def state(live: LiveState) -> dict[str, Any]:
    """Everything that it has."""
    users = {user: (own.number, own.rebuilt, own.matrix().tobytes()) for user, own in live.users.items()}
    tallies = [live.tallies.of(column) for column in range(len(live.movies))]
    return vars(live) | {"users": users, "tallies": tallies, "_moments": None}


@given(st.lists(of_users, min_size=_FEW + 1, max_size=60))
def test_many_events_of_users_are_the_same_as_one_by_one(many: list[Event]):
    at_once, each = LiveState(), LiveState()
    at_once._take(many, range(1, len(many) + 1))
    for ordinal, event in enumerate(many, 1):
        each._take([event], [ordinal])
    assert state(at_once) == state(each)


@given(st.lists(draw.records, min_size=4, max_size=4))
def test_many_at_once_are_the_same_as_one_by_one(records: list[list[Record]]):
    happened = [record for some in records for record in some]
    assert taken(happened, len(happened) or 1) == taken(happened, 1)


# What is taken back


def what_counts(live: LiveState) -> dict[str, Any]:
    """Everything that it says of users and movies, whatever else it knows."""
    users = dict(live.users)
    assert [live.names[own.number] for own in users.values()] == [*users]
    audience = {movie: [live.names[n] for n in live.audience[at]] for movie, at in live.columns.items()}
    tallies = {movie: live.tallies.of(column) for movie, column in live.columns.items()}
    rows = {user: [own.row(place) for place in range(len(own))] for user, own in users.items()}
    told = {user: [(live.movies[row.column], *row[1:-1]) for row in own] for user, own in rows.items()}
    met = {movie: who for movie, who in audience.items() if who}
    return {
        "users": told,
        "audience": met,
        "tallies": {movie: tallies[movie] for movie in met},
    }


few = st.sampled_from("ab")
some_moment = st.integers(0, 2).map(lambda number: NOON + timedelta(microseconds=number))
said = st.builds(
    Event,
    id=st.just("id"),
    type=st.sampled_from(["view", "like", "dislike"]),
    user=few,
    movie=few,
    at=some_moment,
) | st.builds(
    Event,
    id=st.just("id"),
    type=st.just("rating"),
    user=few,
    movie=few,
    at=some_moment,
    value=st.sampled_from([0.5, 3, 4.5]),
)
retractions = st.builds(
    Event, id=st.just("id"), type=st.just("retract"), user=few, movie=few, at=some_moment, of=some_moment
)


def without_retracted(story: list[Event]) -> list[Event]:
    gone = {(event.user, event.movie, event.of) for event in story if event.of}
    return [event for event in story if not event.of and (event.user, event.movie, event.at) not in gone]


@given(st.lists(said | said | retractions, max_size=40), st.integers(1, 50))
def test_what_is_taken_back_is_as_if_it_had_never_been(story: list[Event], size: int):
    live, never = LiveState(), LiveState()
    told: list[Event] = []
    live.on_taken = lambda events, _: told.extend(events)
    for start in range(0, len(story), size):
        live.take(batch(story[start : start + size], start))
    never.take(batch(without_retracted(story)))
    assert what_counts(live) == what_counts(never)
    left = without_retracted(story)
    assert [event for event in told if event in left] == left  # of what is not, some was when it was told


@given(st.lists(said, min_size=_FEW + 1, max_size=40), st.lists(retractions, min_size=1, max_size=4))
def test_what_was_taken_back_before_is_told_to_nobody(story: list[Event], before: list[Event]):
    live, never = LiveState(), LiveState()
    live.take(batch(before))
    told: list[Event] = []
    live.on_taken = lambda events, _: told.extend(events)
    live.take(batch(story, len(before)))
    left = without_retracted([*before, *story])
    never.take(batch(left))
    assert what_counts(live) == what_counts(never)
    assert told == left


@settings(max_examples=10, deadline=None)
@given(st.lists(said | retractions, min_size=1, max_size=30), st.integers(0, 30))
def test_what_is_taken_back_is_the_same_after_a_start_from_the_lake(story: list[Event], cut: int):
    log, whole = MemoryLog(), LiveState()
    named = [msgspec.structs.replace(event, id=str(place)) for place, event in enumerate(story)]
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(f"file://{folder}/lake")
        log.append([Record.of(event) for event in named[:cut]])
        LocalStream(log, lake).drain()
        live = snapshot.restore(lake)
    log.append([Record.of(event) for event in named[cut:]])
    for state_ in (live, whole):
        state_.take(log.read(state_.position, 99))
    assert what_counts(live) == what_counts(whole)
    assert live._retractions == whole._retractions


# Erasures in a log of several partitions, each read at its own pace

KINDS = ("like", "rating", "like", "rating", "retract", "erase")

happened = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 5)),
    min_size=1,
    max_size=30,
)


def entries_of(happened: Sequence[tuple[str, str, int, int]]) -> list[Entry]:
    """One after the other, some of the same moment, at one of six movies."""
    source, made, second = Source(), list[Entry](), 0
    for kind, user, later, film in happened:
        second += later
        topic, said = {
            "like": ("movie-likes", like(user, str(film))),
            "rating": ("movielens_ratings", rating(user, str(film))),
            "retract": ("movie-likes", retract(user, str(film))),
            "erase": ("movie-stream", erase(user)),
        }[kind]
        made.append(source.entry(topic, said, second=second))
    return made


def seconds_now() -> int:
    """As entries are stamped."""
    return int(time.time() - BEGUN / 1e6)


def take(live: LiveState, entries: Sequence[Entry]) -> None:
    """Let it read on so far."""
    places = [*live.position, *[0] * (5 - len(live.position))]
    for entry in entries:
        places[entry.partition] = entry.offset
    live.take(Listed(list(entries), Position(places)))


def left(live: LiveState) -> set[int]:
    """The ordinals of all events that it has, after a look at what it counts."""
    met = [(live.names[number], column) for column, own in enumerate(live.audience) for number in own]
    had = [(user, past.row(n)) for user, past in live.users.items() for n in range(len(past))]
    assert sorted(met) == sorted((user, row.column) for user, row in had)
    assert sum(sum(live.tallies.of(column)[:-1]) for column in range(len(live.movies))) == len(had)
    assert sum(live.tallies.of(column)[-1] for column in range(len(live.movies))) == sum(
        row.value or 0 for _, row in had
    )
    return {row.ordinal for _, row in had}


def wanted(entries: Sequence[Entry]) -> set[int]:
    """What the stream makes of all of them at once."""
    made = rows_of(parse(draw.columns_of(entries))).interactions
    events = made.select(["partition", "offset"]).to_pylist()
    return {ordinal_of(event["partition"], event["offset"]) for event in events}


@given(happened, st.integers(0, 999), st.integers(2, 6))
def test_an_erasure_reaches_the_same_in_whatever_order_partitions_are_read(
    happened: list[tuple[str, str, int, int]], seed: int, pieces: int
):
    entries, live = entries_of(happened), LiveState()
    for stage in stages(entries, seed, pieces):
        take(live, stage)
        live.caught_up()
    assert left(live) == wanted(entries)


def test_an_erasure_reaches_what_a_clock_that_is_ahead_has_stamped():
    live, source = LiveState(), Source()
    take(live, [source.entry("movie-likes", like("a"), second=seconds_now() + 3_600)])
    assert "a" in live.users
    take(live, [source.entry("movie-stream", erase("a"), second=seconds_now() + 1)])
    assert "a" not in live.users


def test_of_two_erasures_that_of_the_later_moment_reaches_others_whichever_comes_last():
    live, source = LiveState(), Source()
    for second in (10, 5):  # by two processes, whose clocks differ
        take(live, [source.entry("movie-stream", erase("a"), second=second)])
    take(live, [source.entry("movie-likes", like("a"), second=7)])
    assert "a" not in live.users


@pytest.mark.parametrize("seed", range(5))
def test_an_erasure_reaches_the_same_after_a_start_from_the_lake(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    entries = entries_of(
        [(chance.choice(KINDS), chance.choice("ab"), 1, chance.randrange(6)) for _ in range(30)]
    )
    first, *others = stages(entries, seed, 3)
    log = MemoryLog(5)
    for entry in first:
        log.entries[entry.partition].append(entry)
    lake = Lake(f"file://{tmp_path}/lake")
    LocalStream(log, lake).drain()
    live = snapshot.restore(lake)
    for stage in others:
        take(live, stage)
    assert left(live) == wanted(entries)


def test_what_is_remembered_of_erasures_is_dropped_a_day_after_all_was_read():
    live, source = LiveState(), Source()
    day = 86_400
    begun = -2 * day
    take(live, [source.entry("movie-stream", erase("a"), second=begun)])
    take(
        live, [source.entry("movie-likes", like("b", str(n)), second=n) for n in (begun + 1, begun + day, 0)]
    )
    late = source.entry("movielens_ratings", rating("a"), second=begun - 1)
    live.caught_up()
    take(live, [late])
    assert "a" in live.users


@given(st.lists(events, max_size=60), st.lists(events, max_size=5), st.randoms())
def test_events_that_were_sent_from_here_are_as_when_they_are_read(many, never, chosen):
    here = [event for event in many if chosen.random() < 0.5]
    sent = {encode(event): event for event in (*here, *never)}
    records = [Record.of(event) for event in many]
    assert taken(records, 7, 2, sent) == taken(records, 7, 2)
