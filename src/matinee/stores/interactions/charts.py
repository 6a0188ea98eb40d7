"""The charts of the interactions store whose width is known, as SQL over the tables of `narrowing`.

| chart | a row | order |
|---|---|---|
| events-per-minute | minute (RFC 3339), events, likes | by time: the 60 minutes up to the newest event |
| likes-per-minute | minute, likes | likewise |
| long-tail | rank, share, movies | by rank: at most 100 points of the curve |
| movies-by-release-date | year, movies | by year |
| genres | genre, movies | most first, ties by name; at most k |
| languages | language, movies | most first, ties by name; at most k |
| top-popular | movie, title, popularity | most first, ties by id; at most k |
| top-votes | movie, title, votes, average | most first, ties by id; at most k |
| average-rating-per-genre | genre, average, ratings, low, high | highest first, ties by name; at most k |
| rating-distribution | rating (to half a star), ratings | by rating |
| rejects | field, reason, rejects, last (RFC 3339) | most first, ties by field and reason; at most k |

A minute without events has its row too. In the long tail movies stand by how many events of any type they
have; `share` is that of all events which the first `rank` of them have together, `movies` is how many have
any. Among its points are the first 1% and 10% of the movies and as many as have half of all events.
Ratings are those of events, also of reviews with stars; popularity and votes are facts of the movies.
`low` and `high` are the ends of the 95% interval of the mean by the normal approximation, null for a
single rating. A reason is the rule that was broken, without the value that broke it.
"""

from matinee.stores.interactions.base import Chart


def moment(start: str) -> str:
    """A time without a zone, which is UTC, as RFC 3339."""
    return f"strftime({start}, '%Y-%m-%dT%H:%M:%SZ')"


def _per_minute(rows: str) -> str:
    return f"""
        WITH newest AS (SELECT date_trunc('minute', least(max("at"), now())) AS last
            FROM happened HAVING max("at") IS NOT NULL),
        minutes AS (
            SELECT unnest(generate_series(last - INTERVAL 59 MINUTE, last, INTERVAL 1 MINUTE)) AS start
            FROM newest
        ),
        counts AS (
            SELECT date_trunc('minute', "at") AS start, count(*) AS events,
                count(*) FILTER (type = 'like') AS likes
            FROM happened, newest WHERE "at" >= last - INTERVAL 59 MINUTE GROUP BY ALL
        )
        SELECT {moment("start AT TIME ZONE 'UTC'")} AS minute, {rows}
        FROM minutes LEFT JOIN counts USING (start) ORDER BY minute
    """


_EVENTS, _LIKES = "coalesce(events, 0) AS events", "coalesce(likes, 0) AS likes"

QUERIES: dict[Chart, str] = {
    "events-per-minute": _per_minute(f"{_EVENTS}, {_LIKES}"),
    "likes-per-minute": _per_minute(_LIKES),
    "long-tail": """
        WITH counts AS (SELECT movie, count(*) AS events FROM happened GROUP BY movie),
        curve AS (
            SELECT row_number() OVER best AS rank, count(*) OVER () AS movies,
                sum(events) OVER best / sum(events) OVER () AS share
            FROM counts WINDOW best AS (ORDER BY events DESC, movie ROWS UNBOUNDED PRECEDING)
        ),
        points AS (
            SELECT unnest(list_concat(
                [ceil(movies / 100), ceil(movies / 10), half],
                [ceil(movies * each / 48) for each in range(1, 49)],
                [ceil(pow(movies, each / 48)) for each in range(0, 48)]
            ))::BIGINT AS rank
            FROM (SELECT min(rank) FILTER (share >= 0.5) AS half, any_value(movies) AS movies FROM curve)
        )
        SELECT rank, share, movies FROM curve WHERE rank IN (SELECT rank FROM points) ORDER BY rank
    """,
    "movies-by-release-date": """
        SELECT year, count(*) AS movies FROM chosen WHERE year IS NOT NULL GROUP BY year ORDER BY year
    """,
    "genres": """
        SELECT genre, count(*) AS movies FROM (SELECT unnest(genres) AS genre FROM chosen)
        GROUP BY genre ORDER BY movies DESC, genre LIMIT $k
    """,
    "languages": """
        SELECT language, count(*) AS movies FROM chosen WHERE language IS NOT NULL
        GROUP BY language ORDER BY movies DESC, language LIMIT $k
    """,
    "top-popular": """
        SELECT movie, title, popularity FROM chosen WHERE popularity IS NOT NULL AND hidden IS NOT TRUE
        ORDER BY popularity DESC, movie LIMIT $k
    """,
    "top-votes": """
        SELECT movie, title, votes, vote_average AS average FROM chosen
        WHERE votes IS NOT NULL AND hidden IS NOT TRUE ORDER BY votes DESC, movie LIMIT $k
    """,
    # Per movie first, so that genres are joined to a row of each movie, not of each rating.
    "average-rating-per-genre": """
        WITH rated AS (
            SELECT movie, sum(value) AS total, sum(value * value) AS squares, count(*) AS ratings
            FROM happened WHERE type IN ('rating', 'review') AND value IS NOT NULL GROUP BY movie
        ),
        listed AS (SELECT movie, unnest(genres) AS genre FROM chosen),
        summed AS (
            SELECT genre, sum(total) / sum(ratings) AS average, sum(squares) AS squares,
                sum(ratings)::BIGINT AS ratings
            FROM rated JOIN listed USING (movie) GROUP BY genre
        ),
        deviating AS (
            SELECT *, 1.96 * sqrt(greatest(squares - ratings * average * average, 0)
                / nullif(ratings - 1, 0) / ratings) AS reach
            FROM summed
        )
        SELECT genre, average, ratings, average - reach AS low, average + reach AS high
        FROM deviating ORDER BY average DESC, genre LIMIT $k
    """,
    "rating-distribution": """
        SELECT floor(value * 2 + 0.5) / 2 AS rating, count(*) AS ratings FROM happened
        WHERE type IN ('rating', 'review') AND value IS NOT NULL GROUP BY rating ORDER BY rating
    """,
    "rejects": f"""
        SELECT field, regexp_replace(split_part(reason, ', got ', 1), ' \\(.*', '') AS reason,
            count(*) AS rejects, {moment("max(appended) AT TIME ZONE 'UTC'")} AS last
        FROM refused GROUP BY ALL ORDER BY rejects DESC, field, reason LIMIT $k
    """,
}
