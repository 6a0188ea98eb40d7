"""What TMDB knows of movies: The Movies Dataset's metadata and credits, and the compact table of `data/`."""

import ast
import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from matinee.events.types import Event, Facts
from matinee.sources.base import SetAside, Unreadable, checked, clean, movie_event, short
from matinee.sources.files import Files, decode
from matinee.sources.people import people

METADATA = "movies_metadata.csv"
CREDITS = "credits.csv"
TABLE = "tmdb.csv"
SOURCE = "tmdb"
_NO_OVERVIEW = {"", "no overview", "no overview found", "no overview yet"}
_NO_LANGUAGE = {"", "xx"}

Fields = Mapping[str, str]


def read_metadata(files: Files, known_tmdb: Mapping[str, str], aside: SetAside) -> Iterator[Event]:
    """One event per row of `movies_metadata.csv`; of rows with the same id, each tells its own facts.

    `known_tmdb` gives the movie of a TMDB id. Such a movie keeps the title, year and genres that it
    has; any other becomes `tmdb:ID` and gets them from here.
    """
    for line, fields in _records(files, METADATA, aside):
        try:
            tmdb = _required(fields, "id")
            known = known_tmdb.get(tmdb)
            facts = _facts(fields, _METADATA_NAMES, tmdb, named=known is None)
            yield movie_event(known or f"tmdb:{tmdb}", checked(facts), SOURCE)
        except ValueError as error:
            aside(Unreadable(METADATA, line, str(error), short(fields.get("title", ""))))


def read_credits(files: Files, known_tmdb: Mapping[str, str], aside: SetAside) -> Iterator[Event]:
    """One event per row of `credits.csv` with people in it; the movie is that of `read_metadata`."""
    for line, fields in _records(files, CREDITS, aside):
        try:
            tmdb = _required(fields, "id")
            found = people(_literal(fields, "cast"), _literal(fields, "crew"))
            if found:
                known = known_tmdb.get(tmdb)
                yield movie_event(known or f"tmdb:{tmdb}", checked(Facts(people=found, tmdb=tmdb)), SOURCE)
        except ValueError as error:
            aside(Unreadable(CREDITS, line, str(error), short(",".join(fields.values()))))


def read_table(files: Files, aside: SetAside) -> Iterator[Event]:
    """One event per row of the compact table: facts, without sentences, of MovieLens's movies by its ids."""
    for line, fields in _records(files, TABLE, aside):
        try:
            movie, tmdb = _whole(fields, "movie"), _whole(fields, "tmdb")
            if movie is None or tmdb is None:
                raise ValueError("movie and tmdb must be numbers")
            facts = _facts(fields, _TABLE_NAMES, str(tmdb), named=False)
            yield movie_event(str(movie), checked(facts), SOURCE)
        except ValueError as error:
            aside(Unreadable(TABLE, line, str(error), short(",".join(fields.values()))))


_METADATA_NAMES = {
    "overview": "overview",
    "language": "original_language",
    "released": "release_date",
    "runtime": "runtime",
    "votes": "vote_count",
    "vote_average": "vote_average",
    "popularity": "popularity",
    "poster": "poster_path",
    "imdb": "imdb_id",
}
_TABLE_NAMES = {fact: fact for fact in _METADATA_NAMES}


def _facts(fields: Fields, names: Mapping[str, str], tmdb: str, *, named: bool) -> Facts:
    told = {fact: fields.get(column, "").strip() for fact, column in names.items()}
    released = date.fromisoformat(told["released"]) if told["released"] else None
    overview = clean(told["overview"])
    return Facts(
        title=clean(fields.get("title") or fields.get("original_title", "")) if named else None,
        year=released.year if named and released else None,
        genres=_genres(fields) or None if named else None,
        overview=overview if overview.lower().rstrip(".") not in _NO_OVERVIEW else None,
        language=told["language"] if told["language"] not in _NO_LANGUAGE else None,
        released=released,
        runtime=_number(told, "runtime") or None,  # TMDB writes 0 for unknown
        votes=_whole(told, "votes"),
        vote_average=_number(told, "vote_average"),
        popularity=_number(told, "popularity"),
        poster=told["poster"] or None,
        imdb=told["imdb"] or None,
        tmdb=tmdb,
    )


def _genres(fields: Fields) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(clean(str(genre["name"])) for genre in _literal(fields, "genres")))
    except (TypeError, KeyError) as error:
        raise _no_names(fields, "genres") from error


def _literal(fields: Fields, name: str) -> list[Any]:
    """The list in a Python literal such as [{'id': 16, 'name': 'Animation'}]."""
    try:
        listed = ast.literal_eval(fields.get(name) or "[]")
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise _no_names(fields, name) from error
    if not isinstance(listed, list):
        raise _no_names(fields, name)
    return listed


def _no_names(fields: Fields, name: str) -> ValueError:
    return ValueError(f"{name}: {short(fields[name], 40)!r} is not a list of names")


def _number(fields: Fields, name: str) -> float | None:
    text = fields[name]
    try:
        return float(text) if text else None
    except ValueError:
        raise ValueError(f"{name}: {short(text, 40)!r} is not a number") from None


def _required(fields: Fields, name: str) -> str:
    number = _whole(fields, name)
    if number is None:
        raise ValueError(f"{name}: {fields.get(name, '')[:30]!r} is not a number")
    return str(number)


def _whole(fields: Fields, name: str) -> int | None:
    """A whole number, also when it is written as 862.0; None when there is none."""
    text = fields.get(name, "").strip().removesuffix(".0")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(f"{name}: {short(text, 40)!r} is not a whole number")
    return int(text)


def _records(files: Files, name: str, aside: SetAside) -> Iterator[tuple[int, dict[str, str]]]:
    """The records of a CSV file whose quoted fields may run over lines, with the line each begins on.

    A record with too few or too many fields goes to `aside`. When the next one makes up for what is
    missing, the two are one record that a line break outside quotes has torn, and are set aside as one.
    """
    header: list[str] = []
    torn = 0
    for line, row in _rows(files, name, aside):
        if not header:
            header = row
        elif len(row) == len(header):
            torn = 0
            yield line, dict(zip(header, row, strict=True))
        elif torn and torn + len(row) == len(header) + 1:
            torn = 0
        elif row:
            torn = len(row) if len(row) < len(header) else 0
            reason = f"it has {len(row)} fields, not {len(header)}"
            aside(Unreadable(name, line, reason, short(",".join(row))))


def _rows(files: Files, name: str, aside: SetAside) -> Iterator[tuple[int, list[str]]]:
    with files.open(name) as stream:
        reader = csv.reader(map(decode, io.BufferedReader(stream)))  # type: ignore[type-var]
        while True:
            line = reader.line_num + 1
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                aside(Unreadable(name, line, f"its quotes do not match ({error})", ""))
