"""The movies of a MovieLens, with their links and the tags that people gave them most."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from matinee.events.types import Event, Facts
from matinee.sources.base import SetAside, Unreadable, checked, clean, movie_event, short
from matinee.sources.files import Files
from matinee.sources.movielens.layouts import HUNDRED_K, Layout, Row, read_rows
from matinee.sources.movielens.ratings import SOURCE
from matinee.sources.movielens.titles import read_title

MOST_TAGS = 20
_LONGEST_TAG = 100
_NO_GENRES = {"(no genres listed)", "unknown", ""}
_GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary"),
    *("Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller"),
    *("War", "Western"),
)
_ITEM = ("movie", "title", "released", "video", "imdb_url")


def read_movies(files: Files, layout: Layout, aside: SetAside) -> Iterator[Event]:
    """One event per movie of `files`; rows that cannot be read go to `aside`."""
    links = read_links(files, layout, aside)
    tags = _tags(files, layout, aside)
    for row in _rows(files, layout, aside):
        try:
            movie = _id(row.fields["movie"])
            facts = _facts(row.fields, links.get(movie, {}), tags.get(movie))
            yield movie_event(movie, checked(facts), SOURCE)
        except ValueError as error:
            aside(Unreadable(layout.movies, row.line, str(error), short(row.text)))


def read_links(files: Files, layout: Layout, aside: SetAside) -> dict[str, dict[str, str]]:
    """For each movie its `imdb` and `tmdb`, as far as they are known."""
    links: dict[str, dict[str, str]] = {}
    if layout.links not in files.names:
        return links
    for row in read_rows(files, layout.links, layout, ("movie", "imdb", "tmdb"), aside):
        try:
            links[_id(row.fields["movie"])] = _link(row.fields)
        except ValueError as error:
            aside(Unreadable(layout.links, row.line, str(error), short(row.text)))
    return links


def _link(fields: Mapping[str, str]) -> dict[str, str]:
    imdb, tmdb = fields.get("imdb", "").strip().removeprefix("tt"), fields.get("tmdb", "").strip()
    link = {}
    if imdb:
        link["imdb"] = f"tt{_id(imdb):0>7}"
    if tmdb:
        link["tmdb"] = _id(tmdb.removesuffix(".0"))
    return link


def _tags(files: Files, layout: Layout, aside: SetAside) -> dict[str, tuple[str, ...]]:
    """For each movie its most used tags, in small letters, the most used first."""
    if layout.tags not in files.names:
        return {}
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for row in read_rows(files, layout.tags, layout, ("user", "movie", "tag", "seconds"), aside):
        tag = clean(row.fields["tag"]).lower()
        if len(tag) > _LONGEST_TAG or not row.fields["movie"].strip().isdigit():
            reason = (
                "it has no movie" if len(tag) <= _LONGEST_TAG else "its tag is longer than 100 characters"
            )
            aside(Unreadable(layout.tags, row.line, reason, short(row.text)))
        elif tag:
            used[_id(row.fields["movie"])][tag] += 1
    return {movie: _most_used(counts) for movie, counts in used.items()}


def _most_used(counts: Counter[str]) -> tuple[str, ...]:
    ranked = sorted(counts, key=lambda tag: (-counts[tag], tag))
    return tuple(ranked[:MOST_TAGS])


def _rows(files: Files, layout: Layout, aside: SetAside) -> Iterator[Row]:
    if layout.movies != HUNDRED_K.movies:
        yield from read_rows(files, layout.movies, layout, ("movie", "title", "genres"), aside)
        return
    genres = _genre_names(files)
    bars = layout._replace(separator="|")
    for row in read_rows(files, layout.movies, bars, (*_ITEM, *genres), aside):
        named = "|".join(genre for genre in genres if row.fields[genre].strip() == "1")
        yield row._replace(fields={**row.fields, "genres": named})


def _genre_names(files: Files) -> Sequence[str]:
    """The genres of 100k in the order of their flags."""
    if "u.genre" not in files.names:
        return _GENRES_100K
    numbered = [text.rpartition("|") for _, text in files.lines("u.genre")]
    return [name for name, _, number in numbered if number.strip().isdigit()]


def _facts(fields: Mapping[str, str], link: Mapping[str, str], tags: tuple[str, ...] | None) -> Facts:
    title = read_title(fields["title"])
    genres = (clean(genre) for genre in fields.get("genres", "").split("|"))
    listed = tuple(dict.fromkeys(genre for genre in genres if genre not in _NO_GENRES))
    return Facts(
        title=title.title,
        year=title.year,
        genres=listed or None,
        tags=tags,
        released=_released(fields.get("released", "")),
        imdb=link.get("imdb"),
        tmdb=link.get("tmdb"),
    )


def _released(text: str) -> date | None:
    """A date as 100k writes it, 01-Jan-1995; None where there is none."""
    try:
        return datetime.strptime(text.strip(), "%d-%b-%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _id(text: str) -> str:
    """A MovieLens number, as written but for leading zeros. Raises ValueError when it is none."""
    number = text.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise ValueError(f"{number[:30]!r} is not a whole number below 10^18")
    return str(int(number))
