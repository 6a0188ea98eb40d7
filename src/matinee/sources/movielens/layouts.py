"""How each MovieLens is laid out, and how a line of it becomes fields."""

import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matinee.errors import SourceError
from matinee.sources.base import SetAside, Unreadable, short
from matinee.sources.files import Files


class Layout(NamedTuple):
    """The files of one layout; `comma` says that they are CSV, with a header and quotes."""

    ratings: str
    movies: str
    links: str
    tags: str
    separator: str
    comma: bool = False


CSV = Layout("ratings.csv", "movies.csv", "links.csv", "tags.csv", ",", comma=True)
"""20M, 25M, 32M, latest and latest-small; UTF-8."""
DAT = Layout("ratings.dat", "movies.dat", "", "tags.dat", "::")
"""1M, in latin-1, and 10M, in UTF-8."""
HUNDRED_K = Layout("u.data", "u.item", "", "", "\t")
"""100k; latin-1. Its movies are separated by bars and carry one flag per genre of `u.genre`."""
LAYOUTS = (CSV, DAT, HUNDRED_K)

_NAMES = {
    "userid": "user",
    "movieid": "movie",
    "itemid": "movie",
    "item": "movie",
    "rating": "value",
    "timestamp": "seconds",
    "imdbid": "imdb",
    "tmdbid": "tmdb",
    "genre": "genres",
}


class Row(NamedTuple):
    """A line as fields by their names."""

    line: int
    text: str
    fields: dict[str, str]


def layout_of(names: frozenset[str]) -> Layout | None:
    """The layout whose ratings or movies are among `names`."""
    return next((layout for layout in LAYOUTS if {layout.ratings, layout.movies} & names), None)


def columns(header: Sequence[str], wanted: Sequence[str], file: str) -> list[str]:
    """The names of a file's columns: those of its header, or `wanted` in that order when it has none.

    Case, quotes and underscores do not matter: userId, user_id and USERID are `user`. Raises
    SourceError when the first of `wanted` that must be there are not.
    """
    if header and header[0].strip().lstrip("-").isdigit():
        return list(wanted)
    plain = [field.strip().lower().replace("_", "").replace(" ", "") for field in header]
    names = [_NAMES.get(field, field) for field in plain]
    if missing := [name for name in wanted if name not in names and name not in {"imdb", "tmdb", "genres"}]:
        raise SourceError(
            f"{file} has no column for {', '.join(missing)}; its header is {short(repr(header))}"
        )
    return names


def split(line: str, layout: Layout) -> list[str]:
    """The fields of one line. Raises ValueError when its quotes do not match."""
    if not layout.comma or '"' not in line:
        return line.split(layout.separator)
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError(f"its quotes do not match ({error})") from error


def read_rows(
    files: Files, name: str, layout: Layout, wanted: Sequence[str], aside: SetAside
) -> Iterator[Row]:
    """The rows of a file with at least the fields `wanted`; what has fewer or more goes to `aside`."""
    names: list[str] = [] if layout.comma else list(wanted)
    for line, text in files.lines(name):
        try:
            fields = split(text, layout)
            if not names:
                names = columns(fields, wanted, name)
                if names != list(wanted) or not fields[0].strip().isdigit():
                    continue
            yield Row(line, text, dict(zip(names, _fitted(fields, names, layout), strict=True)))
        except ValueError as error:
            aside(Unreadable(name, line, str(error), short(text)))


def _fitted(fields: list[str], names: list[str], layout: Layout) -> list[str]:
    """`fields`, as many as `names`: between the outer ones a `::` may belong to a title or a tag."""
    surplus = len(fields) - len(names)
    if surplus > 0 and not layout.comma:
        middle = 1 if "title" in names else 2
        joined = layout.separator.join(fields[middle : middle + surplus + 1])
        return [*fields[:middle], joined, *fields[middle + surplus + 1 :]]
    if surplus:
        raise ValueError(f"it has {len(fields)} fields, not {len(names)}")
    return fields
