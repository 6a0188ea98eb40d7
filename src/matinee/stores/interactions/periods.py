"""The charts over the whole time of the events, in periods of equal and natural width.

| chart | a row | order |
|---|---|---|
| events-over-time | start (RFC 3339), events, likes, average | by time: at most 60 periods |
| taste-over-time | start, genre, share | by time: at most 40 periods; genres by size, `other` last |

A period is the narrowest of `WIDTHS` of which there are few enough. In events over time, one without events
has its row too; `average` is that of its ratings, null where it has none. In taste over time an event
counts for each genre of its movie by an equal part, so that the shares of a period sum to 1; named are the
eight genres with the most events of all, each in every period that has events. Events at movies without
genres are left out.
"""

from typing import NamedTuple

from matinee.stores.interactions.base import Chart
from matinee.stores.interactions.charts import moment

WIDTHS = {
    "minute": "1 MINUTE",
    "hour": "1 HOUR",
    "day": "1 DAY",
    "week": "7 DAY",
    "month": "1 MONTH",
    "quarter": "3 MONTH",
    "year": "1 YEAR",
    "decade": "10 YEAR",
}
"""What a period may be, and as an interval."""
_MICROSECONDS = {"minute": 60_000_000, "hour": 3_600_000_000}
_DAY = 86_400_000_000
_SINCE_1900 = 25_567 * _DAY
"""What is added to times since 1970, so that none is negative: division rounds to zero."""
_BIGGEST = 8
OTHER = "other"


class Periods(NamedTuple):
    """A chart in at most so many periods: its SQL, in which `{period}` and `{interval}` are still open."""

    most: int
    query: str


SPAN = "SELECT {}, FROM (SELECT {} AS first, {} AS last FROM happened)".format(
    ", ".join(f"date_diff('{width}', first, last) + 1 AS {width}" for width in WIDTHS),
    'make_timestamp(epoch_us(min("at")))',
    'make_timestamp(epoch_us(max("at")))',
)
"""How many periods of each width there would be."""

PERIODS: dict[Chart, Periods] = {
    "events-over-time": Periods(
        60,
        f"""
        WITH counts AS (
            SELECT {{period}} AS start, sum(events)::BIGINT AS events, sum(likes)::BIGINT AS likes,
                sum(total) / sum(rated) AS average
            FROM (
                SELECT {{part}} AS part, count(*) AS events, count(*) FILTER (type = 'like') AS likes,
                    sum(value) FILTER (type IN ('rating', 'review')) AS total,
                    count(value) FILTER (type IN ('rating', 'review')) AS rated
                FROM happened GROUP BY part
            )
            GROUP BY start
        ),
        starts AS (
            SELECT unnest(generate_series(min(start), max(start), INTERVAL {{interval}})) AS start FROM counts
        )
        SELECT {moment("start")} AS start, coalesce(events, 0) AS events, coalesce(likes, 0) AS likes, average
        FROM starts LEFT JOIN counts USING (start) ORDER BY start
        """,
    ),
    "taste-over-time": Periods(
        40,
        f"""
        WITH counts AS (
            SELECT {{period}} AS start, movie, sum(events) AS events
            FROM (SELECT {{part}} AS part, movie, count(*) AS events FROM happened GROUP BY part, movie)
            GROUP BY start, movie
        ),
        listed AS (SELECT movie, unnest(genres) AS genre, 1 / len(genres) AS part FROM chosen),
        shared AS (
            SELECT start, genre, sum(events * part) AS events
            FROM counts JOIN listed USING (movie) GROUP BY start, genre
        ),
        sizes AS (
            SELECT genre, row_number() OVER (ORDER BY sum(events) DESC, genre) AS place
            FROM shared GROUP BY genre
        ),
        named AS (
            SELECT if(place <= {_BIGGEST}, genre, '{OTHER}') AS genre, least(place, {_BIGGEST + 1}) AS place,
                start, events
            FROM shared JOIN sizes USING (genre)
        ),
        every AS (
            SELECT start, genre, place FROM (SELECT DISTINCT start FROM named),
                (SELECT DISTINCT genre, place FROM named)
        ),
        summed AS (SELECT start, place, sum(events) AS events FROM named GROUP BY start, place)
        SELECT {moment("start")} AS start, genre,
            coalesce(events, 0) / sum(events) OVER (PARTITION BY start) AS share
        FROM every LEFT JOIN summed USING (start, place) ORDER BY start, place
        """,
    ),
}


def in_periods(chart: Chart, width: str) -> str:
    """The SQL of a chart in periods of this width.

    What is as old to within a day or less is counted together first: dates of calendars take their time.
    """
    microseconds = _MICROSECONDS.get(width, _DAY)
    part = f'(epoch_us("at") + {_SINCE_1900}) // {microseconds}'
    period = f"date_trunc('{width}', make_timestamp(part * {microseconds} - {_SINCE_1900}))"
    return PERIODS[chart].query.format(part=part, period=period, interval=WIDTHS[width])
