"""Emit at a chosen rate: how fast is up to the clock on the wall, not to the times in the events."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec

from matinee.errors import SourceError
from matinee.events.types import Event
from matinee.sources.base import BATCH, Emit

Clock = Callable[[], float]
"""Seconds on a clock that never goes back, such as `time.monotonic`."""
Wait = Callable[[float], bool]
"""Waits so many seconds, and says whether to stop now: the `wait` of a `Stop`."""

_BREATH = 0.05
"""Seconds between two batches at least, so that a high rate is sent in batches."""
_LONGEST_WAIT = 1.0


def pace(
    events: Iterable[Event],
    emit: Emit,
    rate: float,
    *,
    wait: Wait,
    clock: Clock = time.monotonic,
    batch: int = BATCH,
) -> int:
    """Emit `events` at `rate` per second until they end or `wait` says stop; return how many.

    After a delay, such as a slow `emit`, what has fallen due is caught up with, at most `batch` at once.
    Raises SourceError for a rate that is not above 0.
    """
    if not rate > 0:
        raise SourceError(f"the rate must be above 0 events a second, got {rate}")
    rest, sent, start = iter(events), 0, clock()
    while True:
        due = int((clock() - start) * rate) + 1 - sent
        if due > 0:
            part = list(islice(rest, min(due, batch)))
            if not part:
                return sent
            emit(part)
            sent += len(part)
        if wait(0.0 if due > batch else min(max(_BREATH, 1 / rate), _LONGEST_WAIT)):
            return sent


def stamped(events: Iterable[Event], now: Callable[[], datetime] | None = None) -> Iterator[Event]:
    """The same events, ids included, each happening at the moment it is asked for.

    For events that are to be live, and not in the time of a simulation. Facts of movies keep their time.
    """
    moment = now or (lambda: datetime.now(UTC))
    for event in events:
        yield event if event.type == "movie" else msgspec.structs.replace(event, at=moment())
