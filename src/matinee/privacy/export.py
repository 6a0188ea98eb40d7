"""Everything that is stored of a user, to be handed to them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl

from matinee.errors import EventError
from matinee.events.codec import decode
from matinee.events.meaning import of_column
from matinee.events.topics import TOPICS
from matinee.lake.delta import Lake
from matinee.log.base import Log
from matinee.stores.recommendations.base import Recommendations

_CHUNK = 10_000


def export_user(user: str, *, log: Log, lake: Lake, recommendations: Recommendations) -> dict[str, Any]:
    """The events, rejects and recommendations of `user`, in the lake and on the way to it."""
    events = lake.scan("events").filter(pl.col("user") == user).sort("partition", "offset")
    events = events.with_columns(of=pl.when(pl.col("type") == "retract").then(of_column()))
    rejects = lake.scan("rejects").filter(pl.col("key") == user).sort("partition", "offset")
    listed = recommendations.get(user)
    return {
        "user": user,
        "events": [*map(_told, _rows(lake.collect(events))), *_on_their_way(user, log, lake)],
        "rejects": _rows(lake.collect(rejects)),
        "recommendations": [place._asdict() for place in listed.movies] if listed else [],
    }


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = msgspec.to_builtins(frame.to_dicts())
    return rows


def _told(event: dict[str, Any]) -> dict[str, Any]:
    """A row of `events` as the event was: a retract has no value, and no other is of another."""
    del event["value" if event["type"] == "retract" else "of"]
    return event


def _on_their_way(user: str, log: Log, lake: Lake) -> Iterator[dict[str, Any]]:
    position = lake.committed("events")
    while (batch := log.read(position, _CHUNK)).entries:
        for entry in batch.entries:
            if entry.key == user and entry.topic != TOPICS["movie"]:
                yield _event(entry.value)
        position = batch.position


def _event(value: bytes) -> dict[str, Any]:
    try:
        event: dict[str, Any] = msgspec.to_builtins(decode(value, datetime.now(UTC)))
    except EventError:
        return {"value": value.decode("utf-8", "replace")}
    return event
