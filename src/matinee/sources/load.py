"""Load whatever a path holds: MovieLens in any layout, TMDB's metadata and credits, or the compact table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from matinee.errors import SourceError
from matinee.events.meaning import enriched
from matinee.events.types import Event, Facts, updated
from matinee.progress import Progress, silent
from matinee.sources import tmdb
from matinee.sources.base import BATCH, Emit, SetAside, Unreadable, batched
from matinee.sources.files import Files, open_files
from matinee.sources.movielens.layouts import LAYOUTS, Layout, layout_of
from matinee.sources.movielens.movies import read_links, read_movies
from matinee.sources.movielens.ratings import Ratings, read_ratings

EXAMPLES = 1000
"""How many unreadable rows `Loaded` keeps; all are counted."""
_OF_TMDB = frozenset({tmdb.METADATA, tmdb.CREDITS, tmdb.TABLE})
_KNOWN = _OF_TMDB | {name for layout in LAYOUTS for name in layout[:4] if name}


@dataclass(frozen=True)
class Loaded:
    """What was emitted, and what could not be read: how many rows, why, and the first of them."""

    movies: int
    ratings: int
    unreadable: int
    reasons: Mapping[tuple[str, str], int]
    """How many rows, by file and reason."""
    examples: tuple[Unreadable, ...]


class Tables(NamedTuple):
    """`ratings` in the order of their file, with the columns of `Ratings`, and the facts of the movies."""

    ratings: pl.DataFrame
    facts: Mapping[str, Facts]


class _Aside:
    """Counts the rows that are set aside, keeps the first, and hands on all."""

    def __init__(self, hand_on: SetAside | None) -> None:
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.examples: list[Unreadable] = []
        self._hand_on = hand_on

    def __call__(self, row: Unreadable) -> None:
        self.reasons[row.file, row.reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(row)
        if self._hand_on:
            self._hand_on(row)


def load(
    path: str | Path,
    emit: Emit,
    *,
    known_tmdb: Mapping[str, str] | None = None,
    progress: Progress = silent,
    set_aside: SetAside | None = None,
    batch: int = BATCH,
) -> Loaded:
    """Emit what `path` holds as events: the movies first, then the ratings in true time order.

    `path` is a folder, a zip, or one file, which may be gzipped. `known_tmdb` gives the movie of a TMDB
    id; links in the same folder add to it. Rows that cannot be read are counted, and each is handed to
    `set_aside`. The same path gives the same events, ids included. Raises SourceError when there is
    nothing to load or it is damaged.
    """
    files, layout = _recognised(Path(path).expanduser())
    aside = _Aside(set_aside)
    movies = _emit(_movies(files, layout, known_tmdb or {}, aside), emit, batch, progress)
    ratings = _ratings(files, layout, aside, progress)
    for done, events in enumerate(ratings.batches(0, batch) if ratings else ()):
        emit(events)
        progress("loading ratings", min((done + 1) * batch, len(ratings or ())), len(ratings or ()))
    loaded = Loaded(
        movies, len(ratings or ()), aside.reasons.total(), dict(aside.reasons), tuple(aside.examples)
    )
    if not (loaded.movies or loaded.ratings or loaded.unreadable):
        raise SourceError(f"{path} is empty: {', '.join(sorted(files.names & _KNOWN))} hold no rows")
    return loaded


def open_ratings(path: str | Path, set_aside: SetAside | None = None) -> Ratings:
    """The ratings that `path` holds, in true time order, such as to replay them.

    Raises SourceError when it holds none.
    """
    files, layout = _recognised(Path(path).expanduser())
    ratings = _ratings(files, layout, _Aside(set_aside), silent)
    if not ratings:
        raise SourceError(_no_ratings(path))
    return ratings


def read_tables(path: str | Path, progress: Progress = silent) -> Tables:
    """The ratings and the movies that `path` holds, without tags; what cannot be read is left out.

    Raises SourceError when it holds no ratings.
    """
    files, layout = _recognised(Path(path).expanduser())
    aside = _Aside(None)
    if layout is None or layout.ratings not in files.names:
        raise SourceError(_no_ratings(path))
    ratings = read_ratings(files, layout, aside, progress)
    if ratings.is_empty():
        raise SourceError(_no_ratings(path))
    facts: dict[str, Facts] = {}
    for event in _movies(files, layout._replace(tags=""), {}, aside):
        facts[event.movie] = updated(facts.get(event.movie), enriched(event.facts or Facts()))
    return Tables(ratings, facts)


def _no_ratings(path: str | Path) -> str:
    return f"{path} holds no ratings; give a MovieLens folder or zip"


def _recognised(path: Path) -> tuple[Files, Layout | None]:
    files = open_files(path, _KNOWN)
    layout = layout_of(files.names)
    if layout is None and not _OF_TMDB & files.names:
        raise SourceError(f"{path} {_instead(files)}")
    return files, layout


def _instead(files: Files) -> str:
    wanted = (
        "nothing known here: wanted are MovieLens (ratings.csv, ratings.dat or u.data), "
        f"{tmdb.METADATA}, {tmdb.CREDITS} or {tmdb.TABLE}"
    )
    if not files.names:
        return f"is empty; {wanted.partition(': ')[2]}"
    zips = sorted(name for name in files.names if name.endswith(".zip"))
    if zips:
        return f"holds zips; load one of them, such as {zips[0]}"
    return f"holds {wanted}"


def _movies(
    files: Files, layout: Layout | None, known: Mapping[str, str], aside: SetAside
) -> Iterator[Event]:
    """The events of all movies, those of TMDB after those of MovieLens, so that they add to them."""
    if layout and layout.movies in files.names:
        yield from read_movies(files, layout, aside)
    if tmdb.TABLE in files.names:
        yield from tmdb.read_table(files, aside)
    of_tmdb = {**_linked(files, layout), **known} if {tmdb.METADATA, tmdb.CREDITS} & files.names else {}
    if tmdb.METADATA in files.names:
        yield from tmdb.read_metadata(files, of_tmdb, aside)
    if tmdb.CREDITS in files.names:
        yield from tmdb.read_credits(files, of_tmdb, aside)


def _linked(files: Files, layout: Layout | None) -> dict[str, str]:
    """The movie of each TMDB id in the links of `files`; the first of several."""
    movies: dict[str, str] = {}
    if layout:
        for movie, link in read_links(files, layout, lambda _row: None).items():
            if "tmdb" in link:
                movies.setdefault(link["tmdb"], movie)
    return movies


def _emit(events: Iterable[Event], emit: Emit, batch: int, progress: Progress) -> int:
    count = 0
    for part in batched(events, batch):
        emit(part)
        count += len(part)
        progress("loading movies", count, None)
    return count


def _ratings(files: Files, layout: Layout | None, aside: SetAside, progress: Progress) -> Ratings | None:
    if layout is None or layout.ratings not in files.names:
        return None
    return Ratings(read_ratings(files, layout, aside, progress))
