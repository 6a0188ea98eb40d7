"""Bytes to typed columns: each entry becomes an event, or a reject that says which rule it broke."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matinee.errors import EventError
from matinee.events.codec import decode_stored
from matinee.events.meaning import kept_value
from matinee.events.plain import Plain, plain
from matinee.events.types import Event
from matinee.log.base import moment_of
from matinee.log.plain_messages import decode_message
from matinee.stream.batch import FACTS, PARSED

_PLACE = ("partition", "offset", "appended", "topic", "key")
_NONE = cast("Any", None)
_NO_EVENT = Event(id=_NONE, type=_NONE, user=_NONE, movie=_NONE, at=_NONE)
"""Stands in a reject's place, so that events and entries keep step."""


class _Reject(NamedTuple):
    place: int
    field: str
    reason: str


def parse(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Decode a batch of ENTRIES into one of PARSED, row for row; nothing but the batch decides the result.

    The time rule is judged by the moment an entry was appended, so a replay accepts what was accepted.
    The event's own content counts, also where the entry's topic or key says otherwise. An event
    without an id has the entry's, or else its place in the log.
    """
    found = plain(batch["value"], batch["appended"].cast(pa.int64()).to_numpy())
    if len(found.places) == batch.num_rows:
        return _quick(batch, found)
    others = np.ones(batch.num_rows, bool)
    others[found.places] = False
    each = [_quick(batch.take(pa.array(found.places)), found), _one_by_one(batch.filter(pa.array(others)))]
    order = np.argsort(np.concatenate((found.places, np.flatnonzero(others))))
    return pa.concat_batches(each).take(pa.array(order))


def _quick(batch: pa.RecordBatch, found: Plain) -> pa.RecordBatch:
    """Of a batch that has only what was found plain."""
    ids, size = batch["id"], batch.num_rows
    known = pc.fill_null(pc.not_equal(ids, ""), fill_value=False)
    if known.false_count:
        ids = pc.if_else(known, ids, found.id)
    columns = {name: batch[name] for name in _PLACE} | {"accepted": pa.array(np.ones(size, bool)), "id": ids}
    columns |= {name: getattr(found, name) for name in ("type", "user", "movie", "value", "source", "at")}
    return pa.record_batch(
        [columns.get(field.name, pa.nulls(size, field.type)) for field in PARSED], schema=PARSED
    )


def _one_by_one(batch: pa.RecordBatch) -> pa.RecordBatch:
    values, ids = batch["value"].to_pylist(), batch["id"].to_pylist()
    events, rejects = _decode(batch, values, ids)
    columns = {name: batch[name] for name in _PLACE}
    columns |= _event_columns(events) | _reject_columns(values, rejects)
    known = [id_ or event.id for id_, event in zip(ids, events, strict=True)]
    columns["id"] = pa.array(known, pa.string())
    return pa.record_batch([columns[name] for name in PARSED.names], schema=PARSED)


def _moments(appended: pa.Array) -> Iterator[datetime]:
    # A log stamps whole groups of entries at once: make each moment once.
    last, moment = 0, moment_of(0)
    for microseconds in appended.cast(pa.int64()).to_pylist():
        if microseconds != last:
            last, moment = microseconds, moment_of(microseconds)
        yield moment


def _decode(
    batch: pa.RecordBatch, values: list[bytes], ids: list[str | None]
) -> tuple[list[Event], list[_Reject]]:
    events: list[Event] = []
    rejects: list[_Reject] = []
    for place, (value, id_, moment) in enumerate(zip(values, ids, _moments(batch["appended"]), strict=True)):
        try:
            event = decode_stored(value, moment) if id_ else _decode_without_id(batch, place, value, moment)
        except EventError as error:
            rejects.append(_Reject(place, error.field, f"{error.rule}, got {error.value}"))
            event = _NO_EVENT
        events.append(event)
    return events, rejects


def _decode_without_id(batch: pa.RecordBatch, place: int, value: bytes, moment: datetime) -> Event:
    own = f"{batch['partition'][place]}-{batch['offset'][place]}"
    return decode_message(batch["topic"][place].as_py(), value, moment, lambda: own)


def _event_columns(events: list[Event]) -> dict[str, pa.Array]:
    words = pa.string()
    return {
        "type": pa.array([event.type for event in events], words),
        "user": pa.array([event.user for event in events], words),
        "movie": pa.array([event.movie for event in events], words),
        "value": pa.array([kept_value(event) for event in events], pa.float64()),
        "text": pa.array([event.text for event in events], words),
        "source": pa.array([event.source for event in events], words),
        "at": _times(events),
        "facts": _facts(events),
    }


def _times(events: list[Event]) -> pa.Array:
    # A third of what an array of datetimes takes. Exact: a double of seconds since the epoch is within
    # a quarter of a microsecond until the year 2106, and no event is more than a day ahead.
    seconds = [None if event is _NO_EVENT else event.at.timestamp() for event in events]
    microseconds = pc.round(pc.multiply(pa.array(seconds, pa.float64()), 1e6))
    return microseconds.cast(pa.int64()).cast(PARSED.field("at").type)


def _facts(events: list[Event]) -> pa.Array:
    if not any(event.facts for event in events):
        return pa.nulls(len(events), FACTS)
    facts = [event.facts for event in events]
    columns = [pa.array([getattr(each, field.name, None) for each in facts], field.type) for field in FACTS]
    absent = pa.array([each is None for each in facts], pa.bool_())
    return pa.StructArray.from_arrays(columns, fields=list(FACTS), mask=absent)


def _reject_columns(values: list[bytes], rejects: list[_Reject]) -> dict[str, pa.Array]:
    size = len(values)
    if not rejects:
        words = pa.nulls(size, pa.string())
        accepted = pa.array([True], pa.bool_()).take(pa.array([0] * size, pa.int32()))
        return {"accepted": accepted, "bytes": pa.nulls(size, pa.binary()), "field": words, "reason": words}
    found = {reject.place: reject for reject in rejects}
    each = [found.get(place) for place in range(size)]
    return {
        "accepted": pa.array([reject is None for reject in each], pa.bool_()),
        "bytes": pa.array([values[reject.place] if reject else None for reject in each], pa.binary()),
        "field": pa.array([reject and reject.field for reject in each], pa.string()),
        "reason": pa.array([reject and reject.reason for reject in each], pa.string()),
    }
