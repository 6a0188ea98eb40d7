"""The tables of the lake and their schemas: the contract that every engine writes and every reader reads."""

from typing import Literal, get_args

import pyarrow as pa

from matinee.lake.movies import DESCRIPTION, FACTS, SCORES

TableName = Literal["events", "rejects", "movies", "interactions", "recommendations", "trending", "erasures"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)

_TIME = pa.timestamp("us", tz="UTC")
_WORDS = pa.list_(pa.string())

OF_A_USER: dict[TableName, str] = {
    "interactions": "user",
    "recommendations": "user",
    "rejects": "key",
    "events": "user",
}
"""The tables that hold something of a user, and the column that says of whom."""

SCHEMAS: dict[TableName, pa.Schema] = {
    # Every accepted user event, once.
    "events": pa.schema(
        [
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("id", pa.string()),
            ("type", pa.string()),
            ("user", pa.string()),
            ("movie", pa.string()),
            ("value", pa.float64()),
            ("text", pa.string()),
            ("source", pa.string()),
            ("at", _TIME),
            ("appended", _TIME),
        ]
    ),
    # What could not be read as an event: the original bytes, where they were, and why.
    "rejects": pa.schema(
        [
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("topic", pa.string()),
            ("key", pa.string()),
            ("value", pa.binary()),
            ("field", pa.string()),
            ("reason", pa.string()),
            ("appended", _TIME),
        ]
    ),
    # One row per movie: the latest of every fact, and what the stream derives from them.
    "movies": pa.schema(
        [
            ("movie", pa.string()),
            *FACTS,
            DESCRIPTION,
            *SCORES,
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("at", _TIME),
        ]
    ),
    # What training reads: one row per user event, its meaning as one signed strength.
    "interactions": pa.schema(
        [
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("user", pa.string()),
            ("movie", pa.string()),
            ("type", pa.string()),
            ("value", pa.float64()),
            ("strength", pa.float32()),
            ("at", _TIME),
        ]
    ),
    # The Top-N of every known user, as the active model gave it.
    "recommendations": pa.schema(
        [
            ("user", pa.string()),
            ("rank", pa.int32()),
            ("movie", pa.string()),
            ("score", pa.float32()),
            ("title", pa.string()),
            ("genres", _WORDS),
            ("model", pa.string()),
            ("at", _TIME),
        ]
    ),
    # Sliding windows, each against the window before it.
    "trending": pa.schema(
        [
            ("window", pa.string()),  # 5m, 1h, 1d, 7d
            ("type", pa.string()),  # view, like, rating
            ("rank", pa.int32()),
            ("movie", pa.string()),
            ("count", pa.int64()),
            ("before", pa.int64()),
            ("average", pa.float64()),  # of ratings; null for the other types
            ("until", _TIME),
        ]
    ),
    # Who was erased lately, as a digest: of events from before, some may still be unread in other partitions.
    "erasures": pa.schema(
        [
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("id", pa.string()),
            ("who", pa.binary()),
            ("appended", _TIME),
        ]
    ),
}
