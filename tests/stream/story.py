"""What a log may say of every type, repeats, erasures and what cannot be read; and the same in stages."""

import json
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from matinee.log.base import Entry
from matinee.log.partitions import NAMES
from tests.stream import given as draw
from tests.stream.memory_log import MemoryLog

BEGUN = int((time.time() - 3600) * 1e6)
"""Lately: of what was said before everything had been read a day ago, the stream expects no more."""
_SECOND = 1_000_000


class Source:
    """Entries of all topics, each a single partition; `memory` holds what has been fed, as a log."""

    def __init__(self) -> None:
        self.memory = MemoryLog(len(NAMES))

    def entry(
        self,
        topic: str,
        said: dict[str, Any] | bytes,
        id_: str | None = None,
        *,
        second: int,
        key: str | None = None,
    ) -> Entry:
        """The next entry of `topic`, of the moment `second`."""
        partition = NAMES.index(topic)
        entries = self.memory.entries[partition]
        offset = len(entries) + 1
        id_ = f"{topic}-{offset}" if id_ is None else id_
        whose = (
            key
            if key is not None
            else "ann"
            if isinstance(said, bytes)
            else said.get("user") or said["movie"]
        )
        value = said if isinstance(said, bytes) else json.dumps(said | {"id": id_}).encode()
        entries.append(Entry(partition, offset, BEGUN + second * _SECOND, topic, whose, id_, value))
        return entries[-1]


def like(user: str, movie: str = "1") -> dict[str, Any]:
    return {"type": "like", "user": user, "movie": movie, "at": draw.NOON.isoformat()}


def rating(user: str, movie: str = "1", value: float = 4.0) -> dict[str, Any]:
    return like(user, movie) | {"type": "rating", "value": value}


def retract(user: str, movie: str = "1", of: datetime = draw.NOON) -> dict[str, Any]:
    return like(user, movie) | {"type": "retract", "of": of.isoformat()}


def movie(name: str, **facts: Any) -> dict[str, Any]:
    return {"type": "movie", "movie": name, "facts": facts, "at": draw.NOON.isoformat()}


def erase(user: str) -> dict[str, Any]:
    return {"type": "erase", "user": user, "at": draw.NOON.isoformat()}


def story(source: Source, seed: int, size: int = 80) -> list[Entry]:
    """All that there is, in the order of time: every type, repeats, erasures, and what cannot be read."""
    chance = random.Random(seed)
    made: list[Entry] = []
    for second in range(size):
        user, film = chance.choice("abcd"), chance.choice("123")
        kinds = ("like", "rating", "retract", "movie", "erase", "bad", "again")
        kind = chance.choices(kinds, (6, 6, 3, 2, 1, 2, 2))[0]
        at = draw.NOON + timedelta(microseconds=chance.randrange(3))
        if kind == "again" and made:
            old = chance.choice(made)
            erased = any(each.key == old.key and b'"erase"' in each.value for each in made)
            if old.topic == "movies" or erased or old.value.startswith(b"broken"):
                continue  # of whose ids the lake keeps none
            entries = source.memory.entries[old.partition]
            entries.append(old._replace(offset=len(entries) + 1, appended=BEGUN + second * _SECOND))
            made.append(entries[-1])
            continue
        said: dict[str, tuple[str, dict[str, Any] | bytes]] = {
            "like": ("movie-likes", like(user, film) | {"at": at.isoformat()}),
            "rating": ("movielens_ratings", rating(user, film) | {"at": at.isoformat()}),
            "retract": ("movie-likes", retract(user, film, at)),
            "movie": ("movies", movie(film, title=f"t{second}", votes=second)),
            "erase": ("movie-stream", erase(user)),
            "bad": (chance.choice(NAMES), b"broken %d" % second),
            "again": ("movie-likes", like(user, film)),
        }
        topic, event = said[kind]
        made.append(source.entry(topic, event, second=second))
    return made


def stages(entries: Sequence[Entry], seed: int, number: int) -> list[list[Entry]]:
    """The same entries in `number` stages: in order within each partition, and not among partitions."""
    chance = random.Random(seed)
    cuts = {
        partition: sorted(chance.choices(range(len(entries)), k=number - 1))
        for partition in range(len(NAMES))
    }
    made: list[list[Entry]] = [[] for _ in range(number)]
    for place, entry in enumerate(entries):
        made[sum(cut <= place for cut in cuts[entry.partition])].append(entry)
    return made
