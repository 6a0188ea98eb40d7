"""What a chart shows, in one sentence made from its rows."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from matinee.stores.interactions.base import Chart

Rows = Sequence[dict[str, Any]]


def caption(chart: Chart, rows: Rows, *, narrowed: bool) -> str:
    """A plain English sentence on these rows of `chart`, or that there is nothing to say."""
    what, say = _CAPTIONS[chart]
    if not rows:
        return f"There are no {what} of these movies." if narrowed else f"There are no {what} yet."
    return say(rows)


def _count(number: int, what: str) -> str:
    """How many there are, in words.

    >>> _count(1, "event"), _count(1200, "event")
    ('1 event', '1,200 events')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _per_minute(rows: Rows) -> str:
    events = _count(sum(row["events"] for row in rows), "event")
    likes = _count(sum(row["likes"] for row in rows), "like")
    return f"{events} in the hour up to {_clock(rows[-1])}, {likes} among them."


def _likes(rows: Rows) -> str:
    return f"{_count(sum(row['likes'] for row in rows), 'like')} in the hour up to {_clock(rows[-1])}."


def _clock(row: dict[str, Any]) -> str:
    return f"{row['minute'][11:16]} UTC on {row['minute'][:10]}"


def _over_time(rows: Rows) -> str:
    most = max(rows, key=lambda row: row["events"])
    total = _count(sum(row["events"] for row in rows), "event")
    busiest = f"the busiest period began on {_moment(most['start'])} with {most['events']:,}"
    return f"{total} since {_moment(rows[0]['start'])}; {busiest}."


def _moment(start: str) -> str:
    """A moment as it is read: the time of day only where there is one.

    >>> _moment("2003-02-01T00:00:00Z"), _moment("2003-02-01T08:30:00Z")
    ('2003-02-01', '2003-02-01 08:30 UTC')
    """
    day, clock = start[:10], start[11:16]
    return day if clock == "00:00" else f"{day} {clock} UTC"


def _taste(rows: Rows) -> str:
    shares: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        shares[row["genre"]].append(row["share"])
    genre = rows[0]["genre"]
    first, last = shares[genre][0], shares[genre][-1]
    return f"Movies of {genre} have the most events: {first:.0%} at the beginning, {last:.0%} at the end."


def _long_tail(rows: Rows) -> str:
    movies = rows[-1]["movies"]
    shares = {row["rank"]: row["share"] for row in rows}
    hundredth, tenth = (shares[-(-movies // parts)] for parts in (100, 10))
    half = next(row["rank"] for row in rows if row["share"] >= 0.5)
    have = f"{_count(half, 'movie')} {'has' if half == 1 else 'have'} half of all events"
    shares_of = f"{hundredth:.0%} of all events, the top 10% {tenth:.0%}"
    return f"The top 1% of {_count(movies, 'movie')} have {shares_of}; {have}."


def _years(rows: Rows) -> str:
    most = max(rows, key=lambda row: row["movies"])
    released = _count(sum(row["movies"] for row in rows), "movie")
    first, last = rows[0]["year"], rows[-1]["year"]
    return f"{released} from {first} to {last}; most, {most['movies']:,}, are of {most['year']}."


def _most_movies(fact: str, called: str) -> Callable[[Rows], str]:
    def say(rows: Rows) -> str:
        first, last, movies = rows[0][called], rows[-1][called], _count(rows[0]["movies"], "movie")
        if len(rows) == 1:
            return f"{first} is the only {fact}: {movies}."
        return f"{first} is the most frequent of {len(rows):,} {fact}s: {movies}; {last} is the rarest."

    return say


def _popular(rows: Rows) -> str:
    return f"{_title(rows[0])} is the most popular by its source's measure, {rows[0]['popularity']:,.1f}."


def _votes(rows: Rows) -> str:
    first = rows[0]
    mean = "" if first["average"] is None else f", {first['average']:.1f} of 10 on average"
    return f"{_title(first)} has the most votes: {first['votes']:,}{mean}."


def _title(row: dict[str, Any]) -> str:
    return row["title"] or f"movie {row['movie']}"


def _rated(rows: Rows) -> str:
    best, worst = rows[0], rows[-1]
    over = _count(best["ratings"], "rating")
    first = f"{best['genre']} is rated best, {best['average']:.2f} on average over {over}"
    return f"{first}; {worst['genre']} worst, {worst['average']:.2f}." if len(rows) > 1 else f"{first}."


def _distribution(rows: Rows) -> str:
    most = max(rows, key=lambda row: row["ratings"])
    total = sum(row["ratings"] for row in rows)
    mean = sum(row["rating"] * row["ratings"] for row in rows) / total
    share = f"{most['ratings'] / total:.0%} of {_count(total, 'rating')}"
    return f"Most often {most['rating']:g} stars are given, {share}; {mean:.2f} on average."


def _rejects(rows: Rows) -> str:
    first, total = rows[0], sum(row["rejects"] for row in rows)
    return (
        f"{_count(total, 'reject')}; most often, {first['rejects']:,} times, because "
        f"{first['field']} {first['reason']}, last on {_moment(first['last'])}."
    )


_CAPTIONS: dict[Chart, tuple[str, Callable[[Rows], str]]] = {
    "events-per-minute": ("events", _per_minute),
    "likes-per-minute": ("events", _likes),
    "events-over-time": ("events", _over_time),
    "taste-over-time": ("events at movies with genres", _taste),
    "long-tail": ("events", _long_tail),
    "movies-by-release-date": ("years of release", _years),
    "genres": ("genres", _most_movies("genre", "genre")),
    "languages": ("languages", _most_movies("language", "name")),
    "top-popular": ("popularities", _popular),
    "top-votes": ("votes", _votes),
    "average-rating-per-genre": ("ratings", _rated),
    "rating-distribution": ("ratings", _distribution),
    "rejects": ("rejects", _rejects),
}
"""Of each chart, what there is none of when it is empty, and what is said otherwise."""
