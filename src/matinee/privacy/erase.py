"""Forget a user everywhere, and say what went."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from matinee.events.codec import decode
from matinee.lake.delta import Lake
from matinee.lake.tables import OF_A_USER
from matinee.log.base import Log, Position, Record
from matinee.stores.recommendations.base import Recommendations


def erase_user(user: str, *, log: Log, lake: Lake, recommendations: Recommendations) -> dict[str, Any]:
    """Remove everything of `user`, beyond recovery, and return the receipt, which does not name them.

    1. An erase event in the log tells every live state and the stream, whatever happens next.
    2. The log's records of the user before it are overwritten, or where it cannot do that given to nobody.
    3. Their rows leave the lake, old versions of the files included.
    4. Their list leaves the recommendations store.

    `trending` and `movies` name no users: the stream counts the one anew, and facts are nobody's.

    Killed in between, the erase event is durable: the stream removes what has still come into the lake,
    and asking again does the rest.
    """
    at = datetime.now(UTC)
    event = decode(msgspec.json.encode({"type": "erase", "user": user}), at)  # a user who can be one
    position = log.append([Record.of(event)]).position
    removed = {"log": log.erase([user], position)}
    for table, column in OF_A_USER.items():
        removed[f"lake.{table}"] = lake.forget(table, column, _bounds(user, position))
        lake.wipe(table)  # also where nothing went: another erasure may have been killed just before this
    removed["recommendations"] = recommendations.erase(user)
    return {"receipt": event.id, "at": at.isoformat(), "offset": str(position), "removed": removed}


def _bounds(user: str, position: Position) -> pa.Table:
    """Up to where in each partition what the user did is to go: what they do afterwards stays."""
    partitions = pa.array(range(len(position)), pa.int32())
    return pa.table({"value": [user] * len(position), "partition": partitions, "offset": list(position)})
