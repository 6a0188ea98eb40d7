"""The embedded catalogue: SQLite with its full-text index FTS5."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from math import log1p

import msgspec

from matinee.errors import StoreError
from matinee.events.types import Facts, updated
from matinee.sqlite import Database, FileFormat
from matinee.stores.catalogue.base import Movie
from matinee.stores.catalogue.words import PREFIX, name, phrase, same, spellings, terms, words

_WORDS = """
CREATE VIRTUAL TABLE words USING fts5 (
    title, kind, tags, people, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
)
"""
_FORMAT = FileFormat(
    name="catalogue",
    application=0x4D415443,  # "MATC"
    version=2,
    schema=(
        """
        CREATE TABLE movies (
            number INTEGER PRIMARY KEY,
            movie TEXT NOT NULL UNIQUE,
            hidden INTEGER NOT NULL,
            votes INTEGER NOT NULL,
            weight REAL NOT NULL,  -- grows with votes and popularity
            name TEXT NOT NULL     -- the title as people say it
        )
        """,
        "CREATE INDEX most_votes ON movies (votes DESC, weight DESC, movie)",
        "CREATE INDEX names ON movies (name, weight)",
        "CREATE TABLE facts (number INTEGER PRIMARY KEY, facts BLOB NOT NULL)",
        _WORDS,
        "CREATE TABLE spellings (form TEXT, word TEXT, PRIMARY KEY (form, word)) WITHOUT ROWID",
    ),
    error=StoreError,
    synchronous="NORMAL",
    upgrades={
        1: (  # knew of no people
            "ALTER TABLE words RENAME TO words_1",
            _WORDS,
            "INSERT INTO words (rowid, title, kind, tags) SELECT rowid, title, kind, tags FROM words_1",
            "DROP TABLE words_1",
        )
    },
)
_BATCH = 5000
_LONGEST = 300
"""Characters of a query that are looked at."""
_MOST_WORDS = 12
_FEW = 2
"""Letters that so many movies match that ranking them all takes long."""
_LITTLE = 3
"""Letters of words as "of" and "the", which tell too little to rank all movies that have them."""
_NEAR = 10
"""The most words that a mistyped one may stand for."""

# bm25 is the lower the better a text matches: a word of the title counts 10 times a tag, of a person's name 4
# times, a genre or year 3 times. Fame multiplies it, by up to about 4; so does a title that begins with the
# query, or is the query, both without blanks: "walle" is WALL·E rather than the beginning of Walled In. Those
# that begin so match as well as the best: for bm25 one with a long title or many tags would be the worse.
_BEST = """
WITH found AS MATERIALIZED (
    SELECT number, movie, weight, bm25(words, 10, 3, 1, 4) AS matches, CASE
        WHEN replace(name, ' ', '') = :close THEN 2.5
        WHEN substr(replace(name, ' ', ''), 1, length(:close)) = :close THEN 2
        ELSE 1 END AS begins
    FROM words JOIN movies ON number = words.rowid WHERE words MATCH :match AND NOT hidden
)
SELECT number FROM found ORDER BY
    CASE WHEN begins > 1 THEN (SELECT min(matches) FROM found) ELSE matches END
    * (1 + 0.2 * weight) * begins, weight DESC, movie
LIMIT :k
"""

_BEGUN = """
SELECT number FROM movies WHERE name >= :name AND name < :name || char(0x10FFFF) AND NOT hidden
ORDER BY name = :name DESC, weight DESC LIMIT :k
"""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Facts).decode


class SqliteCatalogue:
    """A catalogue in the SQLite file that `url` names."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, _FORMAT)

    def put(self, movies: Iterable[Movie]) -> None:
        """Add movies; of known ones the facts given replace, the facts absent stay. Idempotent.

        Commits every 5,000 movies.
        """
        rest = iter(movies)
        while batch := list(islice(rest, _BATCH)):
            with self._database.writing() as connection:
                _put(connection, batch)

    def get(self, movies: Sequence[str]) -> list[Movie]:
        """The movies known of those asked for, in that order."""
        with self._database.reading() as connection:
            found = _facts(connection, movies)
        return [Movie(movie, found[movie]) for movie in movies if movie in found]

    def search(self, query: str, k: int) -> list[Movie]:
        """The best `k` matches of a query as a person types it, best first.

        0. While only a letter or two are typed, names that begin so, if there are enough. 1. Movies that have
        all of its words, the last of them perhaps unfinished; after them, where these are few, movies that
        have them all with any unfinished. 2. If there are none, with mistyped words mended. 3. If there are
        none either, movies that have any of them, of the little ones only the last unless nothing else is
        found.
        """
        query, k = query[:_LONGEST], max(k, 0)
        typed = words(query)[:_MOST_WORDS]
        with self._database.reading() as connection:
            numbers = _search(connection, typed, name(query), k) if typed else _most_votes(connection, k)
            return _numbered(connection, numbers)

    def count(self) -> int:
        """How many movies there are."""
        with self._database.reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM movies").fetchone()[0]
        return count

    def close(self) -> None:
        """Release what is held."""
        self._database.close()


def _put(connection: sqlite3.Connection, batch: Sequence[Movie]) -> None:
    known = _facts(connection, [movie for movie, _ in batch])
    merged = dict(known)
    for movie, given in batch:
        merged[movie] = updated(merged.get(movie), given)
    changed = [Movie(movie, facts) for movie, facts in merged.items() if facts != known.get(movie)]
    for one in changed:
        _replace(connection, one)
    _spell(connection, {word for _, facts in changed for word in _spelled(facts)})


def _replace(connection: sqlite3.Connection, movie: Movie) -> None:
    facts, title = movie.facts, movie.facts.title or ""
    votes, weight = facts.votes or 0, log1p(facts.votes or 0) + log1p(facts.popularity or 0)
    (number,) = connection.execute(
        "INSERT INTO movies (movie, hidden, votes, weight, name) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (movie) DO UPDATE SET hidden = excluded.hidden, votes = excluded.votes, "
        "weight = excluded.weight, name = excluded.name RETURNING number",
        (movie.movie, bool(facts.hidden), votes, weight, name(title)),
    ).fetchone()
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (number, _valid(movie)))
    kind = [*(facts.genres or ()), str(facts.year or "")]
    indexed = [
        terms(title),
        words(" ".join(kind)),
        words(" ".join(facts.tags or ())),
        [term for person in facts.people or () for term in terms(person)],
    ]
    connection.execute(
        "INSERT OR REPLACE INTO words (rowid, title, kind, tags, people) VALUES (?, ?, ?, ?, ?)",
        (number, *map(" ".join, indexed)),
    )


def _valid(movie: Movie) -> bytes:
    encoded = _encode(movie.facts)
    try:
        _decode(encoded)
    except msgspec.ValidationError as error:
        raise StoreError(
            f"catalogue: movie {movie.movie!r} has facts that no event may have: {error}"
        ) from error
    return encoded


def _spelled(facts: Facts) -> Iterator[str]:
    for text in (facts.title or "", *(facts.genres or ()), *(facts.people or ())):
        yield from terms(text)


def _spell(connection: sqlite3.Connection, found: set[str]) -> None:
    known = "SELECT 1 FROM spellings WHERE form = ? AND word = ?"
    new = [word for word in found if not connection.execute(known, (next(spellings(word)), word)).fetchone()]
    forms = sorted((form, word) for word in new for form in spellings(word))
    connection.executemany("INSERT OR IGNORE INTO spellings VALUES (?, ?)", forms)


def _facts(connection: sqlite3.Connection, movies: Sequence[str]) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    for start in range(0, len(movies), _BATCH):
        asked = movies[start : start + _BATCH]
        rows = connection.execute(
            "SELECT movie, facts FROM movies JOIN facts USING (number) "
            f"WHERE movie IN ({','.join('?' * len(asked))})",
            asked,
        )
        found.update((movie, _decode(facts)) for movie, facts in rows)
    return found


def _numbered(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Movie]:
    query = "SELECT movie, facts FROM movies JOIN facts USING (number) WHERE number = ?"
    rows = (connection.execute(query, (number,)).fetchone() for number in numbers)
    return [Movie(movie, _decode(facts)) for movie, facts in rows]


def _most_votes(connection: sqlite3.Connection, k: int) -> list[int]:
    query = "SELECT number FROM movies WHERE NOT hidden ORDER BY votes DESC, weight DESC, movie LIMIT ?"
    return [number for (number,) in connection.execute(query, (k,))]


def _search(connection: sqlite3.Connection, typed: Sequence[str], said: str, k: int) -> list[int]:
    if len(said) <= _FEW and said.endswith(typed[-1]):  # not after a year, which is no part of the name
        begun = [number for (number,) in connection.execute(_BEGUN, {"name": said, "k": k})]
        if len(begun) == k:
            return begun
    close = said.replace(" ", "")

    def best(match: str) -> list[int]:
        return [number for (number,) in connection.execute(_BEST, {"match": match, "close": close, "k": k})]

    found = next(filter(None, map(best, _matches(connection, typed))), [])
    if found and len(found) < k and len(typed) > 1:
        found = list(dict.fromkeys([*found, *best(_all_begun(typed))]))[:k]
    return found


def _all_begun(typed: Sequence[str]) -> str:
    """All of these words, any of them unfinished; little ones are whole, for too many begin so."""
    told = (phrase([word], unfinished=True) if len(word) > _FEW else phrase(same(word)) for word in typed)
    return " AND ".join(told)


def _matches(connection: sqlite3.Connection, typed: Sequence[str]) -> Iterator[str]:
    """The FTS5 expressions to try, one after the other, until one finds something."""
    *finished, last = typed
    begun = phrase([last], unfinished=True)  # beside the word itself: what is whole counts more
    every = " AND ".join([*(phrase(same(word)) for word in finished), f"({begun} OR {phrase(same(last))})"])
    # Someone of this very name counts once more: before a movie with two people that share its words.
    yield f"({every}) OR people : {phrase([' '.join(typed)], unfinished=True)}" if finished else every
    near = [phrase([*same(word), *_near(connection, word, len(word) * 2)]) for word in finished]
    near.append(f"({begun} OR {phrase([*same(last), *_near(connection, last, 1)])})")
    yield " AND ".join(near)
    telling = [each for word, each in zip(finished, near, strict=False) if len(word) > _LITTLE]
    yield " OR ".join([*telling, near[-1]])
    yield " OR ".join(near)


def _near(connection: sqlite3.Connection, word: str, longer: int) -> list[str]:
    """Words of the catalogue that `word` may have been meant for, its end perhaps not typed yet."""
    forms = list(spellings(word))
    query = f"SELECT DISTINCT word FROM spellings WHERE form IN ({','.join('?' * len(forms))})"
    begun: dict[str, list[str]] = {}
    for (found,) in connection.execute(query, forms):
        begun.setdefault(found[: len(word) + longer], []).append(found)
    close = get_close_matches(word, begun, n=_NEAR, cutoff=0.7)
    return [found for start in close for found in begun[start]][: 2 * _NEAR] or _divided(connection, word)


def _divided(connection: sqlite3.Connection, word: str) -> list[str]:
    """Two words of the catalogue, one after the other, that `word` is without the space between them."""
    # Not as a list of rows: for that SQLite would read the whole table.
    known = "SELECT count(*) FROM spellings WHERE form = ? AND word = ? OR form = ? AND word = ?"
    halves = [(word[:end], word[end:]) for end in range(2, len(word) - 1)]
    return [
        f"{one} {other}"
        for one, other in halves
        if connection.execute(known, (one[:PREFIX], one, other[:PREFIX], other)).fetchone()[0] == 2
    ]
