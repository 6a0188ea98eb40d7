"""Followers of one log take in every event once, whoever appended it, and no answer is behind its append."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from msgspec import structs

from matinee.errors import LogError
from matinee.events.codec import decode
from matinee.events.types import Event
from matinee.log import open_log
from matinee.log.base import Appended, Position, Record
from matinee.serve.follower import Follower
from matinee.serve.live import LiveState
from tests import support
from tests.serve.world import NOON, liked
from tests.stream.memory_log import MemoryLog


def events_of(live: LiveState) -> Counter[tuple[str, str, int]]:
    """User, movie and offset of everything in the live state."""
    rows = ((user, past.row(place)) for user, past in live.users.items() for place in range(len(past)))
    return Counter((user, live.movies[row.column], row.ordinal) for user, row in rows)


def test_two_processes_appending_at_once_end_with_what_the_log_has(tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    followers = [Follower(open_log(url), LiveState()) for _ in range(2)]
    chosen = random.Random(5)

    async def appends(follower: Follower, name: str) -> None:
        for number in range(30):
            batch = [
                liked(f"u{chosen.randrange(5)}", f"{name}-{number}-{n}")
                for n in range(chosen.randrange(1, 9))
            ]
            again = batch[: chosen.randrange(2)]
            appended = await follower.append([*batch, *again])
            assert len(appended.duplicates) == len(again)
            assert follower.live.position.reaches(appended.position)
            have = {movie for _, movie, _ in events_of(follower.live)}
            assert {event.movie for event in batch} <= have

    async def all_at_once() -> None:
        following = [asyncio.create_task(follower.run()) for follower in followers]
        await asyncio.gather(*(appends(f, f"{at}{n}") for at, f in enumerate(followers) for n in range(4)))
        for follower in followers:
            await follower.catch_up()
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)

    support.awaited(all_at_once())
    log = open_log(url)
    entries = log.read(Position(), 100_000).entries
    there = [(decode(entry.value, NOON), entry.offset) for entry in entries]
    expected = Counter((event.user, event.movie, offset) for event, offset in there)
    for follower in followers:
        assert events_of(follower.live) == expected
        follower.close()
    log.close()


class FailingLog(MemoryLog):
    """One that keeps nothing of what has the id `fails`."""

    def append(self, records: Sequence[Record]) -> Appended:
        if any(record.id == "fails" for record in records):
            raise LogError("it failed")
        return super().append(records)


def test_of_what_is_appended_nothing_is_held_twice():
    follower = Follower(FailingLog(partitions=2), LiveState())
    some = [liked(f"u{n}", f"m{n}") for n in range(9)]

    async def appends() -> None:
        await asyncio.gather(follower.append(some[:6]), follower.append(some[6:]))
        await follower.append([Event(id="gone", type="erase", user="u3", at=NOON)])
        await follower.append([some[3]])
        with pytest.raises(LogError):
            await follower.append([structs.replace(some[4], id="fails")])

    support.awaited(appends())
    follower.close()
    assert sorted(follower.live.users) == [f"u{n}" for n in range(9)]
    assert follower._sent == {}
