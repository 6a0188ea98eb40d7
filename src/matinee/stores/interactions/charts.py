"""The charts of the interactions store, as SQL over the tables `interactions` and `movies`.

| chart | a row | order |
|---|---|---|
| events-per-minute | minute (RFC 3339), events | by time: the 60 minutes up to the newest event |
| likes-per-minute | minute, likes | likewise |
| movies-by-release-date | year, movies | by year |
| top-popular | movie, title, popularity | most first, ties by id; at most k |
| top-votes | movie, title, votes, average | most first, ties by id; at most k |
| average-rating-per-genre | genre, average, ratings | highest first, ties by name; at most k |
| languages | language, movies | most first, ties by name; at most k |
| rating-distribution | rating (to half a star), ratings | by rating |

A minute without events has its row too.
Ratings are those of events, also of reviews with stars; popularity and votes are facts of the movies.
"""

from matinee.stores.interactions.base import Chart


def _per_minute(what: str, condition: str) -> str:
    return f"""
        WITH newest AS (SELECT date_trunc('minute', least(max("at"), now())) AS last
            FROM interactions HAVING max("at") IS NOT NULL),
        minutes AS (
            SELECT unnest(generate_series(last - INTERVAL 59 MINUTE, last, INTERVAL 1 MINUTE)) AS start
            FROM newest
        ),
        counts AS (
            SELECT date_trunc('minute', "at") AS start, count(*) AS found FROM interactions, newest
            WHERE "at" >= last - INTERVAL 59 MINUTE AND {condition} GROUP BY ALL
        )
        SELECT strftime(start AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:00Z') AS minute,
            coalesce(found, 0) AS {what}
        FROM minutes LEFT JOIN counts USING (start) ORDER BY minute
    """


QUERIES: dict[Chart, str] = {
    "events-per-minute": _per_minute("events", "true"),
    "likes-per-minute": _per_minute("likes", "type = 'like'"),
    "movies-by-release-date": """
        SELECT year, count(*) AS movies FROM movies WHERE year IS NOT NULL GROUP BY year ORDER BY year
    """,
    "top-popular": """
        SELECT movie, title, popularity FROM movies WHERE popularity IS NOT NULL
        ORDER BY popularity DESC, movie LIMIT $k
    """,
    "top-votes": """
        SELECT movie, title, votes, vote_average AS average FROM movies WHERE votes IS NOT NULL
        ORDER BY votes DESC, movie LIMIT $k
    """,
    # Per movie first, so that genres are joined to a row of each movie, not of each rating.
    "average-rating-per-genre": """
        WITH rated AS (
            SELECT movie, sum(value) AS total, count(*) AS ratings FROM interactions
            WHERE type IN ('rating', 'review') AND value IS NOT NULL GROUP BY movie
        ),
        listed AS (SELECT movie, unnest(genres) AS genre FROM movies)
        SELECT genre, sum(total) / sum(ratings) AS average, sum(ratings)::BIGINT AS ratings
        FROM rated JOIN listed USING (movie) GROUP BY genre ORDER BY average DESC, genre LIMIT $k
    """,
    "languages": """
        SELECT language, count(*) AS movies FROM movies WHERE language IS NOT NULL
        GROUP BY language ORDER BY movies DESC, language LIMIT $k
    """,
    "rating-distribution": """
        SELECT floor(value * 2 + 0.5) / 2 AS rating, count(*) AS ratings FROM interactions
        WHERE type IN ('rating', 'review') AND value IS NOT NULL GROUP BY rating ORDER BY rating
    """,
}
