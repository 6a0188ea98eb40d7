"""How far the lake is behind the log, asked seldom, and never waited for for long."""

import asyncio
from collections.abc import Callable
from itertools import zip_longest
from math import inf
from time import monotonic
from typing import NamedTuple

from matinee.errors import MatineeError
from matinee.log.base import Log, Position

_EVERY = 5.0
"""Seconds for which an answer holds."""
_PATIENCE = 1.0
"""Seconds that a lake that is slow is waited for; then what was known before is told, while it is not old."""
_OLD = 15.0
"""Seconds after which nothing is known any more."""


class Lag(NamedTuple):
    """How many entries of the log the lake lacks, and up to where it has it."""

    behind: int
    committed: Position


class StreamLag:
    """The lag of the stream, asked for when somebody wants to know. For the thread of the event loop only."""

    def __init__(self, log: Log, committed: Callable[[], Position]) -> None:
        self._log, self._committed = log, committed
        self._known: Lag | None = None
        self._known_at = self._asked = -inf
        self._asking: asyncio.Task[None] | None = None

    async def now(self) -> Lag | None:
        """The lag of at most 15 seconds ago; None while the lake or the log cannot be read or are silent."""
        if self._asking is None and monotonic() - self._asked >= _EVERY:
            self._asked = monotonic()
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=max(self._asked + _PATIENCE - monotonic(), 0))
        return self._known if monotonic() - self._known_at < _OLD else None

    async def _ask(self) -> None:
        try:
            self._known = await asyncio.to_thread(self._measured)
            self._known_at = monotonic()
        except (MatineeError, OSError):
            self._known = None
        finally:
            self._asking = None

    def _measured(self) -> Lag:
        """The lake first: what it gets meanwhile only makes the log's end later."""
        committed = self._committed()
        pairs = zip_longest(self._log.end(), committed, fillvalue=0)
        return Lag(sum(max(end - had, 0) for end, had in pairs), committed)
