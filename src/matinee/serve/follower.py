"""Keeps the live state at the end of the log, and lets a reader wait for a position."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from matinee.errors import LogError, NotFreshError
from matinee.events.types import Event
from matinee.log.base import Appended, Log, Position, Record, records_of
from matinee.serve.live import LiveState
from matinee.telemetry import get_logger

CHUNK = 1_024
"""Entries taken in before others may run: a few milliseconds; a whole row of the embedded log."""
_LOOK_SECONDS = 0.005
"""How often one who waits for a position looks."""
_OWN_SECONDS = 0.002
"""How long what is appended here may take to come by itself, which costs less than to read it."""
_SILENT_SECONDS = 2.0
"""A log that is waited for is heard of this often."""
_logger = get_logger("serve")


class Follower:
    """Follows the log into the live state, in the thread of the event loop that owns the live state.

    Steps never overlap, since none gives way between reading behind the position and taking in.
    """

    def __init__(self, log: Log, live: LiveState) -> None:
        self._log = log
        self.live = live
        # What this process is appending, so that it need not be decoded anew:
        self._own: dict[int, Sequence[Event]] = {}
        """By the offset before it, where the log says where it has it, and it need not even be read."""
        self._sent: dict[bytes, Event] = {}
        """By its bytes, where the log has several partitions."""
        self._appending = 0
        self._heard = monotonic()
        self._appenders = ThreadPoolExecutor(8, thread_name_prefix="append")

    @property
    def silence(self) -> float:
        """For how many seconds the log has not been heard of: so old may be what is in the live state.

        0 while it answers.
        """
        silent = monotonic() - self._heard
        return silent if silent > _SILENT_SECONDS else 0.0

    async def catch_up(self) -> Position:
        """Take in everything that is at hand when this is called; return the position reached.

        Costs microseconds when there is nothing new, so every answer can afford it, and waits for no
        server. Behind a bulk load it lets others run after every chunk.
        """
        await self.catch_up_to(self._log.at_hand())
        return self.live.position

    async def append(self, events: Sequence[Event]) -> Appended:
        """Make events durable and take them in; return where the log has them.

        Raises LogError when the log cannot keep all of them; it may have a part.
        """
        records = records_of(events)
        several = self._log.partitions > 1
        sent = dict(zip([record.value for record in records], events, strict=True)) if several else {}
        self._sent |= sent
        try:
            appended = await self._kept(records, events)
            await self.catch_up_to(appended.position)
        finally:
            # What failed, or was there before, does not come any more.
            for value in self._sent.keys() & sent.keys():
                del self._sent[value]
        return appended

    async def _kept(self, records: Sequence[Record], events: Sequence[Event]) -> Appended:
        self._appending += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._appenders, self._append, records, events)
        finally:
            self._appending -= 1

    async def catch_up_to(self, position: Position) -> None:
        """Take in what is durable up to `position`."""
        while not self.live.position.reaches(position) and await self._step():
            pass

    def close(self) -> None:
        """Wait for appends under way, and release their threads."""
        self._appenders.shutdown()

    async def to_end(self) -> None:
        """Take in everything there is. Raises LogError when the log does not give it."""
        while await self._step():
            pass

    async def run(self) -> None:
        """Follow until cancelled. A log that cannot be read is told once a second, and read again."""
        while True:
            try:
                if self._appending:
                    await asyncio.sleep(_OWN_SECONDS)
                if self.live.position.reaches(self._log.at_hand()) or not await self._step():
                    self.live.caught_up()
                    await asyncio.to_thread(self._log.wait, self.live.position, 0.5)
                self._heard = monotonic()
            except LogError as error:
                _logger.error("the log cannot be followed", error=str(error))
                await asyncio.sleep(1.0)

    def _append(self, records: Sequence[Record], events: Sequence[Event]) -> Appended:
        """Runs in a thread. Where the log says where they are, they need not be read from it again."""
        appended = self._log.append(records)
        duplicates = set(appended.duplicates)
        new = [e for place, e in enumerate(events) if place not in duplicates] if duplicates else events
        if appended.in_a_row and new:
            self._own[sum(appended.position) - len(new)] = new
        return appended

    async def _step(self) -> bool:
        """Take in what comes next: what this process appended there, else what the log has up to that."""
        before = self.live.position
        at = sum(before)
        own = self._own.pop(at, None)
        if own is not None:
            now, rest = own[:CHUNK], own[CHUNK:]
            if rest:
                self._own[at + len(now)] = rest
            self.live.take_appended(now, at + len(now))
        else:
            starts = list(self._own)
            for passed in (start for start in starts if start < at):
                self._own.pop(passed, None)
            limit = min([CHUNK, *(start - at for start in starts if start > at)])
            self.live.take(self._log.read(before, limit), self._sent)
        await asyncio.sleep(0)
        return self.live.position != before

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
