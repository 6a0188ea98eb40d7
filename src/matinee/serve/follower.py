"""Keeps the live state at the end of the log, and lets a reader wait for a position."""

import asyncio
from collections.abc import Sequence

from matinee.errors import NotFreshError
from matinee.events.types import Event
from matinee.log.base import Appended, Log, Position
from matinee.serve.live import LiveState

CHUNK = 1_000
"""Entries taken in at once: a few milliseconds, the longest that a request waits behind the log's tail."""


class Follower:
    """Follows the log into the live state, in the thread of the event loop that owns the live state."""

    def __init__(self, log: Log, live: LiveState) -> None:
        self._log = log
        self.live = live

    def catch_up(self) -> Position:
        """Take in everything that was durable when this was called; return the position reached.

        Costs microseconds when there is nothing new, so every answer can afford it.
        """
        end = self._log.end()
        while not self.live.position.reaches(end):
            before = self.live.position
            self.live.take(self._log.read(before, CHUNK))
            if self.live.position == before:
                break
        return self.live.position

    def take_appended(self, events: Sequence[Event], appended: Appended) -> None:
        """Take in what this process just appended: as it is where that comes next, else from the log."""
        duplicates = set(appended.duplicates)
        new = (
            [event for place, event in enumerate(events) if place not in duplicates] if duplicates else events
        )
        before, after = sum(self.live.position), sum(appended.position)
        if appended.in_a_row and before == after - len(new):
            self.live.take_appended(new, after)
        else:
            self.catch_up()

    async def to_end(self) -> None:
        """Take in everything there is, letting others run between chunks."""
        while await self._step():
            pass

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            if not await self._step():
                await asyncio.to_thread(self._log.wait, self.live.position, 0.5)

    async def _step(self) -> bool:
        batch = self._log.read(self.live.position, CHUNK)
        self.live.take(batch)
        await asyncio.sleep(0)
        return bool(batch.entries)

    async def reach(self, position: Position, timeout: float) -> None:
        """Return once everything up to `position` is in the live state.

        Raises NotFreshError, telling the position it has, after `timeout` seconds.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while not self.catch_up().reaches(position):
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise NotFreshError(str(position), str(self.live.position), timeout)
            await asyncio.to_thread(self._log.wait, self.live.position, min(left, 0.1))
