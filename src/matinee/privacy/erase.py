"""Forget a user everywhere, and say what went."""

from datetime import UTC, datetime
from typing import Any

from matinee.events.codec import encode, new_id
from matinee.events.topics import key, topic
from matinee.events.types import Event
from matinee.lake.delta import Lake
from matinee.lake.tables import OF_A_USER
from matinee.log.base import Log, Position, Record
from matinee.stores.recommendations.base import Recommendations


def erase_user(user: str, *, log: Log, lake: Lake, recommendations: Recommendations) -> dict[str, Any]:
    """Remove everything of `user`, beyond recovery, and return the receipt, which does not name them.

    1. An erase event in the log tells every live state and the stream, whatever happens next.
    2. The log's records of the user before it are overwritten.
    3. Their rows leave the lake, old versions of the files included.
    4. Their list leaves the recommendations store.

    Killed in between, the erase event is durable: the stream removes what has still come into the lake,
    and asking again does the rest.
    """
    at = datetime.now(UTC)
    event = Event(id=new_id(), type="erase", user=user, at=at)
    position = log.append([Record(topic(event), key(event), event.id, encode(event))]).position
    removed = {"log": log.erase([user], _before(position))}
    for table, column in OF_A_USER.items():
        removed[f"lake.{table}"] = lake.delete(table, {column: user})
        if removed[f"lake.{table}"]:
            lake.wipe(table)
    removed["recommendations"] = recommendations.erase(user)
    return {"receipt": event.id, "at": at.isoformat(), "offset": str(position), "removed": removed}


def _before(position: Position) -> Position:
    return Position(offset - 1 for offset in position)
