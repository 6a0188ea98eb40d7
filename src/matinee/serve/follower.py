"""Keeps the live state at the end of the log, and lets a reader wait for a position."""

import asyncio
from collections.abc import Sequence

from matinee.errors import LogError, NotFreshError
from matinee.events.types import Event
from matinee.log.base import Appended, Log, Position
from matinee.serve.live import LiveState
from matinee.telemetry import get_logger

CHUNK = 1_000
"""Entries taken in before others may run: a few milliseconds."""
_LOOK_SECONDS = 0.005
"""How often one who waits for a position looks."""
_logger = get_logger("serve")


class Follower:
    """Follows the log into the live state, in the thread of the event loop that owns the live state.

    Steps never overlap, since none gives way between reading behind the position and taking in.
    """

    def __init__(self, log: Log, live: LiveState) -> None:
        self._log = log
        self.live = live

    async def catch_up(self) -> Position:
        """Take in everything that was durable when this was called; return the position reached.

        Costs microseconds when there is nothing new, so every answer can afford it. Behind a bulk load
        it lets others run after every chunk.
        """
        end = self._log.end()
        while not self.live.position.reaches(end):
            if not await self._step():
                break
        return self.live.position

    async def take_appended(self, events: Sequence[Event], appended: Appended) -> None:
        """Take in what this process just appended: as it is where that comes next, else from the log."""
        duplicates = set(appended.duplicates)
        new = (
            [event for place, event in enumerate(events) if place not in duplicates] if duplicates else events
        )
        before, after = sum(self.live.position), sum(appended.position)
        if appended.in_a_row and before == after - len(new):
            self.live.take_appended(new, after)
        else:
            await self.catch_up()

    async def to_end(self) -> None:
        """Take in everything there is."""
        while await self._step():
            pass

    async def run(self) -> None:
        """Follow until cancelled. A log that cannot be read is told once a second, and read again."""
        while True:
            try:
                if not await self._step():
                    await asyncio.to_thread(self._log.wait, self.live.position, 0.5)
            except LogError as error:
                _logger.error("the log cannot be followed", error=str(error))
                await asyncio.sleep(1.0)

    async def _step(self) -> bool:
        batch = self._log.read(self.live.position, CHUNK)
        self.live.take(batch)
        await asyncio.sleep(0)
        return len(batch) > 0

    async def reach(self, position: Position, timeout: float) -> None:
        """Return once everything up to `position` is in the live state.

        Raises NotFreshError, telling the position it has, after `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (await self.catch_up()).reaches(position):
            if loop.time() >= deadline:
                raise NotFreshError(str(position), str(self.live.position), timeout)
            await asyncio.sleep(_LOOK_SECONDS)


def catch_up(log: Log, live: LiveState) -> None:
    """Take in everything there is, for a live state that serves no one else meanwhile."""
    while batch := log.read(live.position, CHUNK):
        live.take(batch)
