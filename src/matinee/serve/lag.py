"""How far the lake is behind the log, asked seldom, and never waited for for long."""

import asyncio
from collections.abc import Callable
from itertools import zip_longest
from time import monotonic
from typing import NamedTuple

from matinee.errors import MatineeError
from matinee.log.base import Log, Position

_EVERY = 5.0
"""Seconds for which an answer holds."""
_PATIENCE = 1.0
"""Seconds that who asks waits for a lake that is slow; then what was known before is told."""


class Lag(NamedTuple):
    """How many entries of the log the lake lacks, and up to where it has it."""

    behind: int
    committed: Position


class StreamLag:
    """The lag of the stream, asked for when somebody wants to know. For the thread of the event loop only."""

    def __init__(self, log: Log, committed: Callable[[], Position]) -> None:
        self._log, self._committed = log, committed
        self._known: Lag | None = None
        self._asked = -_EVERY
        self._asking: asyncio.Task[None] | None = None

    async def now(self) -> Lag | None:
        """The lag of at most some seconds ago; None while the lake or the log cannot be read."""
        if self._asking is None and monotonic() - self._asked >= _EVERY:
            self._asked = monotonic()
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=_PATIENCE)
        return self._known

    async def _ask(self) -> None:
        try:
            self._known = await asyncio.to_thread(self._measured)
        except (MatineeError, OSError):
            self._known = None
        finally:
            self._asking = None

    def _measured(self) -> Lag:
        """The lake first: what it gets meanwhile only makes the log's end later."""
        committed = self._committed()
        pairs = zip_longest(self._log.end(), committed, fillvalue=0)
        return Lag(sum(max(end - had, 0) for end, had in pairs), committed)
