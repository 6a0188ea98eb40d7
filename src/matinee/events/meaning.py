"""What an event says of its user's taste: one signed number, the same in training and in fold-in.

| event | strength |
|---|---|
| like | +1 |
| dislike | -1 |
| rating or review of v stars | (v - 2.5) / 2.5 above 2.5 stars, (v - 2.5) / 2 below |
| review without stars | +0.5 |
| view, nothing known of it | +0.5 |
| view of share s | s - 0.2, so that leaving within the first fifth pushes away |
| view of t seconds, t > 1 | as a share of 100 minutes, at most 1 |

Every strength is from -1 to +1; a retract has none. What several events of one user at one movie say
together is for the model to decide: implicit ALS keeps their sum within the same bounds, the others add
them up.
"""

import msgspec
import polars as pl

from matinee.events.types import EARLIEST_YEAR, LATEST_YEAR, MOST_GENRES, Event, EventType, Facts

NO_GENRES = "(no genres listed)"
"""What MovieLens writes for none."""
SPACE = " \t\r\n"
"""What is taken from both ends of a genre."""
_FEATURE_SECONDS = 6000.0
_ABANDONED = 0.2


def strength(type_: EventType, value: float | None) -> float:
    """The signed strength, from -1 to 1, of a user event of this type and value; see the table above."""
    match type_:
        case "like":
            return 1.0
        case "dislike":
            return -1.0
        case "view":
            if value is None:
                return 0.5
            share = value if value <= 1 else min(value / _FEATURE_SECONDS, 1.0)
            return share - _ABANDONED
        case _:
            if value is None:
                return 0.5
            return (value - 2.5) / (2.5 if value >= 2.5 else 2.0)


def strength_column() -> pl.Expr:
    """`strength` over the columns `type` and `value`, as Float32."""
    type_, value = pl.col("type"), pl.col("value")
    share = pl.when(value <= 1).then(value).otherwise((value / _FEATURE_SECONDS).clip(upper_bound=1.0))
    stars = (value - 2.5) / pl.when(value >= 2.5).then(2.5).otherwise(2.0)
    return (
        pl.when(type_ == "like")
        .then(1.0)
        .when(type_ == "dislike")
        .then(-1.0)
        .when(value.is_null())
        .then(0.5)
        .when(type_ == "view")
        .then(share - _ABANDONED)
        .otherwise(stars)
        .cast(pl.Float32)
        .alias("strength")
    )


def kept_value(event: Event) -> float | None:
    """The `value` that `events` of the lake has: of a retract what it is of, in epoch seconds."""
    return event.value if event.of is None else event.of.timestamp()


def of_column() -> pl.Expr:
    """What a retract is of, out of the column `value`: a double of seconds has microseconds until 2106."""
    return (pl.col("value") * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC")).alias("of")


def enriched(facts: Facts) -> Facts:
    """`facts` as the stream brings them to the lake: the year of a release, each genre's name alone.

    They are facts that an event may have: a year that may not be is none, and of genres the first 50 stay.
    """
    year = facts.year or (facts.released.year if facts.released else None)
    if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
        year = None
    return msgspec.structs.replace(facts, year=year, genres=facts.genres and _flat(facts.genres))


def _flat(genres: tuple[str, ...]) -> tuple[str, ...]:
    names = (name.strip(SPACE) for name in "|".join(genres).replace(",", "|").split("|"))
    return tuple(dict.fromkeys(name for name in names if name and name != NO_GENRES))[:MOST_GENRES]
