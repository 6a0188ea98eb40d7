"""Streams of records as they come: valid events of every type, some late, and bytes that are none."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from matinee.events.types import Facts
from matinee.lake.movies import FACTS
from matinee.log.base import Entry, Listed, Position, Record

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)

_VALUES: dict[str, Any] = {
    "string": "/a",
    "int32": 1990,
    "int64": 7,
    "double": 5.5,
    "bool": False,
    "date32[day]": date(1990, 5, 1),
    "list<item: string>": ("Drama", "Crime"),
}
EVERY_FACT = Facts(**{fact.name: _VALUES[str(fact.type)] for fact in FACTS})
"""A value for each fact that there is, also for one that is added tomorrow."""

users = st.sampled_from(["ann", "bob", "o'brien"])
movies = st.sampled_from(["1", "2", "heat"])
minutes = st.integers(-3000, 3000) | st.sampled_from([0, 1])
times = minutes.map(lambda minutes: (NOON + timedelta(minutes=minutes)).isoformat())
moments = st.sampled_from([0, 1]).map(lambda minutes: (NOON + timedelta(minutes=minutes)).isoformat())
"""Some of these."""
genres = st.lists(st.sampled_from(["Drama", "Action|Comedy", "(no genres listed)", " Crime "]), max_size=3)
facts = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Heat", "Ran", "Alien"]),
        "year": st.integers(1900, 2030),
        "released": st.dates(date(1930, 1, 1), date(2030, 1, 1)).map(str),
        "genres": genres,
        "overview": st.sampled_from(["", "A thief.", "Space."]),
        "votes": st.integers(0, 100_000),
        "popularity": st.floats(0, 2000),
        "people": st.lists(st.sampled_from(["Al Pacino", "Toshiro Mifune"]), max_size=2),
        "tags": st.lists(st.sampled_from(["noir", "space"]), max_size=2),
    },
)


def user_event(type_: str, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"type": st.just(type_), "user": users, "movie": movies, "at": times, **more}
    )


events = st.one_of(
    user_event("like"),
    user_event("dislike"),
    user_event("rating", value=st.sampled_from([0.5, 3.0, 5.0])),
    user_event("view", value=st.sampled_from([None, 0.1, 0.9, 500.0])),
    user_event("review", text=st.just("So so."), value=st.sampled_from([None, 2.0])),
    user_event("retract", of=moments),
    st.fixed_dictionaries({"type": st.just("movie"), "movie": movies, "at": times, "facts": facts}),
    st.fixed_dictionaries({"type": st.just("erase"), "user": users, "at": times}),
)
broken = st.one_of(
    st.binary(max_size=20),
    st.just(b'{"type": "rating", "user": "ann", "movie": "1", "value": 9}'),
    st.just(b'{"type": "like", "user": "ann"}'),
)


def _records(drawn: list[dict[str, Any] | bytes]) -> list[Record]:
    return [record_of(one, f"id-{place}") for place, one in enumerate(drawn)]


def record_of(one: dict[str, Any] | bytes, id_: str) -> Record:
    if isinstance(one, bytes):
        return Record("movie-likes", "ann", id_, one)
    return Record("movie-likes", one.get("user") or one["movie"], id_, json.dumps(one | {"id": id_}).encode())


records = st.lists(st.one_of(events, events, events, broken), max_size=40).map(_records)


def columns_of(entries: Iterable[Entry]) -> pa.RecordBatch:
    """`entries` as a log gives them to the stream."""
    return Listed(list(entries), Position()).columns
