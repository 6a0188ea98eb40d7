"""Replay history in its true order: at a multiple of real time or at full speed, from where it stopped."""

import os
import time
from bisect import bisect_right
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from matinee.errors import SourceError
from matinee.events.types import Event
from matinee.progress import Progress, silent
from matinee.sources.base import BATCH, Emit
from matinee.sources.pace import Clock, Wait

_SHORTEST_WAIT, _LONGEST_WAIT = 0.001, 1.0
_AGES = 1e11
"""Seconds, more than any history has."""


class Replayable(Protocol):
    """Events in order of time, that can be read from any of them on; such as MovieLens's `Ratings`."""

    def __len__(self) -> int:
        """How many events there are."""
        ...

    def batches(self, start: int, size: int) -> Iterator[list[Event]]:
        """The events from the `start`-th on, in lists of at most `size`."""
        ...


class Place(NamedTuple):
    """How far a replay is: so many events have been emitted, the last of them with this id."""

    emitted: int = 0
    last: str = ""


def replay(
    history: Replayable,
    emit: Emit,
    *,
    wait: Wait,
    speed: float | None = None,
    place_file: Path | None = None,
    clock: Clock = time.monotonic,
    progress: Progress = silent,
    batch: int = BATCH,
) -> int:
    """Emit `history` from where `place_file` says it stopped; return how many events were emitted.

    `speed` is a multiple of real time: at 3600 an hour of history takes a second; None is as fast as
    `emit` takes them. Ends at the end of the history, or when `wait` says stop. The place is written
    after `emit` has taken a batch: killed in between, that batch is emitted again, with the same ids.
    Raises SourceError when `place_file` belongs to another history.
    """
    if speed is not None and not speed > 0:
        raise SourceError(f"the speed must be above 0, got {speed}; leave it out for full speed")
    first = _resume(history, place_file)
    emitted = first
    for events in _due(history.batches(first, batch), speed, clock, wait):
        emit(events)
        emitted += len(events)
        _write(place_file, Place(emitted, events[-1].id))
        progress("replaying", emitted, len(history))
        if wait(0):
            break
    return emitted - first


def read_place(place_file: Path) -> Place:
    """The place in `place_file`, the beginning when there is none. Raises SourceError when it is damaged."""
    try:
        return msgspec.json.decode(place_file.read_bytes(), type=Place)
    except FileNotFoundError:
        return Place()
    except (msgspec.DecodeError, OSError) as error:
        raise SourceError(
            f"{place_file} tells no place ({error}); delete it to replay from the start"
        ) from error


def _resume(history: Replayable, place_file: Path | None) -> int:
    place = read_place(place_file) if place_file else Place()
    if place.emitted:
        known = next(history.batches(place.emitted - 1, 1), [])
        if not known or known[0].id != place.last:
            raise SourceError(
                f"{place_file} is of another history (its event {place.emitted} is {place.last}); "
                "delete it to replay this one from the start"
            )
    return place.emitted


def _write(place_file: Path | None, place: Place) -> None:
    """Put the place into the file at once: whoever reads it finds the old or the new one."""
    if place_file is None:
        return
    fresh = place_file.with_name(f"{place_file.name}.{os.getpid()}.new")
    fresh.write_bytes(msgspec.json.encode(place))
    fresh.replace(place_file)


def _due(
    batches: Iterator[list[Event]], speed: float | None, clock: Clock, wait: Wait
) -> Iterator[list[Event]]:
    """The events as they fall due, those that are due together in one list; ends when `wait` says stop."""
    if speed is None:
        yield from batches
        return
    start, origin = clock(), None
    for events in batches:
        origin = origin or events[0].at
        sent = 0
        while sent < len(events):
            now = origin + timedelta(seconds=min((clock() - start) * speed, _AGES))
            due = bisect_right(events, now, lo=sent, key=lambda event: event.at)
            if due > sent:
                yield events[sent:due]
                sent = due
            else:
                ahead = (events[sent].at - now).total_seconds() / speed
                if wait(min(max(ahead, _SHORTEST_WAIT), _LONGEST_WAIT)):
                    return
