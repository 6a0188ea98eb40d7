"""What charts are made of, narrowed to some movies: SQL with every value bound.

Queries are over three tables: `chosen`, the movies; `happened`, the events at them; `refused`, the rejects
whose bytes name one of them. Without a filter these are all movies, events and rejects, also of movies
that nothing is known of.
"""

from typing import Any

from matinee.stores.interactions.base import EVERY_MOVIE, MovieFilter

_EVERYTHING = """
    chosen AS (FROM movies),
    happened AS (FROM interactions),
    refused AS (FROM rejects)
"""
_CHOSEN = """
    chosen AS (FROM movies WHERE {conditions}),
    happened AS (FROM interactions WHERE movie IN (SELECT movie FROM chosen)),
    refused AS (
        FROM rejects WHERE
        CASE WHEN json_valid(TRY(decode(value))) THEN TRY(decode(value)) ->> '$.movie' END
            IN (SELECT movie FROM chosen)
    )
"""
_CONDITIONS = {
    "movie": "movie = $movie",
    "genre": "list_contains(list_transform(genres, lambda genre: lower(genre)), lower($genre))",
    "first": "year BETWEEN $first AND $last",
    "language": "language = $language",
}


def narrowed(query: str, movies: MovieFilter) -> tuple[str, dict[str, Any]]:
    """`query`, over the tables above, and the values that it is to be asked with besides its own."""
    if movies == EVERY_MOVIE:
        return _over(_EVERYTHING, query), {}
    first, last = movies.years or (None, None)
    given = {**movies._asdict(), "first": first, "last": last}
    values = {name: value for name, value in given.items() if name != "years" and value is not None}
    conditions = " AND ".join(_CONDITIONS[name] for name in values if name in _CONDITIONS)
    return _over(_CHOSEN.format(conditions=conditions), query), values


def _over(tables: str, query: str) -> str:
    query = query.strip()
    own = query.removeprefix("WITH ")
    return f"WITH {tables}{' ' if own == query else ', '}{own}"
