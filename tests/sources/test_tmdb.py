"""TMDB's metadata and the compact table, as facts of movies."""

import csv
import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.sources.writing import CSV, loaded, write_folder

COLUMNS = (
    *("adult", "belongs_to_collection", "budget", "genres", "homepage", "id", "imdb_id", "original_language"),
    *("original_title", "overview", "popularity", "poster_path", "production_companies"),
    *("production_countries", "release_date", "revenue", "runtime", "spoken_languages", "status", "tagline"),
    *("title", "video", "vote_average", "vote_count"),
)
TOYS = {
    "genres": "[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': 'Comedy'}]",
    "id": "862",
    "imdb_id": "tt0114709",
    "original_language": "en",
    "overview": 'Led by Woody,\nAndy\'s toys live "happily"\n\nin his room.',
    "popularity": "21.946943",
    "poster_path": "/rhIRbceoE9lR4veEXuwCC2wARtG.jpg",
    "release_date": "1995-10-30",
    "runtime": "81.0",
    "title": "Toy Story",
    "vote_average": "7.7",
    "vote_count": "5415",
}


def metadata(*rows: dict[str, str], torn: str = "") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[:1])
    text.write(torn)
    writer.writerows(rows[1:])
    return text.getvalue()


def test_a_movie_that_nobody_knew_gets_an_id_of_its_own_and_all_facts(tmp_path):
    events, _ = loaded(write_folder(tmp_path, {"movies_metadata.csv": metadata(TOYS)}))
    (event,) = events
    assert (event.movie, event.source, event.at) == ("tmdb:862", "tmdb", datetime(1995, 10, 30, tzinfo=UTC))
    facts = event.facts
    assert (facts.title, facts.year, facts.genres) == ("Toy Story", 1995, ("Animation", "Comedy"))
    assert facts.overview == 'Led by Woody, Andy\'s toys live "happily" in his room.'
    assert (facts.language, facts.released, facts.runtime) == ("en", date(1995, 10, 30), 81.0)
    assert (facts.votes, facts.vote_average, facts.popularity) == (5415, 7.7, 21.946943)
    assert (facts.poster, facts.imdb, facts.tmdb) == (TOYS["poster_path"], "tt0114709", "862")


def test_a_known_movie_keeps_its_title_year_and_genres(tmp_path):
    path = write_folder(tmp_path, {"movies_metadata.csv": metadata(TOYS)}) / "movies_metadata.csv"
    (event,), _ = loaded(path, known_tmdb={"862": "1"})
    assert event.movie == "1"
    assert (event.facts.title, event.facts.year, event.facts.genres) == (None, None, None)
    assert event.facts.votes == 5415


def test_links_beside_it_say_which_movie_it_is(tmp_path):
    events, result = loaded(write_folder(tmp_path, {**CSV, "movies_metadata.csv": metadata(TOYS)}))
    assert [event.movie for event in events[:4]] == ["1", "73", "5", "1"]
    assert (result.movies, result.ratings) == (4, 4)


def test_gzipped_is_the_same(tmp_path):
    plain = write_folder(tmp_path, {"movies_metadata.csv": metadata(TOYS)}) / "movies_metadata.csv"
    packed = tmp_path / "movies_metadata.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert loaded(plain)[0] == loaded(packed)[0]


def test_a_row_told_twice_is_one_event_and_changed_facts_are_another(tmp_path):
    text = metadata(TOYS, TOYS, {**TOYS, "vote_count": "6000"})
    events, _ = loaded(write_folder(tmp_path, {"movies_metadata.csv": text}))
    first, again, later = (event.id for event in events)
    assert first == again != later


def test_what_tmdb_does_not_know_is_absent(tmp_path):
    row = {
        "id": "5",
        "title": "X",
        "runtime": "0.0",
        "overview": "No overview found.",
        "original_language": "xx",
    }
    (event,), _ = loaded(write_folder(tmp_path, {"movies_metadata.csv": metadata(row)}))
    facts = event.facts
    assert (facts.title, facts.tmdb) == ("X", "5")
    assert facts.runtime is facts.overview is facts.language is facts.votes is facts.genres is None
    assert event.at == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_release_before_1900_has_a_valid_time(tmp_path):
    text = metadata({**TOYS, "release_date": "1874-12-09"})
    (event,), _ = loaded(write_folder(tmp_path, {"movies_metadata.csv": text}))
    assert event.at == datetime(1900, 1, 1, tzinfo=UTC)
    assert event.facts.released == date(1874, 12, 9)


def test_a_torn_record_is_set_aside_once_and_the_next_one_loads(tmp_path):
    torn = "False,,0,[],,82663,tt0113002,en,Midnight Man,British soldiers\n" + (
        " - Written by someone,0.06,/f.jpg,[],[],1997-08-20,0,104.0,[],Released,,Midnight Man,False,6.0,1\n"
    )
    text = metadata(TOYS, {**TOYS, "id": "5"}, torn=torn)
    events, result = loaded(write_folder(tmp_path, {"movies_metadata.csv": text}))
    assert [event.movie for event in events] == ["tmdb:862", "tmdb:5"]
    (bad,) = result.examples
    assert (bad.line, bad.reason) == (6, "it has 10 fields, not 24")
    assert "Midnight Man" in bad.text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", "1997-08-20", "id: '1997-08-20' is not a whole number"),
        ("id", "", "id: '' is not a number"),
        ("genres", "[{'id': 16", "genres: \"[{'id': 16\" is not a list of names"),
        ("genres", "7", "genres: '7' is not a list of names"),
        ("genres", "[" * 5000, "is not a list of names"),
        ("popularity", "Beware", "popularity: 'Beware' is not a number"),
        ("vote_average", "11", "<= 10"),
        ("popularity", "nan", "popularity"),
        ("release_date", "soon", "Invalid isoformat"),
        ("title", "", "length >= 1"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(field, value, reason, tmp_path):
    text = metadata(TOYS, {**TOYS, field: value}, {**TOYS, "id": "7"})
    events, result = loaded(write_folder(tmp_path, {"movies_metadata.csv": text}))
    assert [event.movie for event in events] == ["tmdb:862", "tmdb:7"]
    (bad,) = result.examples
    assert reason in bad.reason
    assert bad.line == 6


def test_an_open_quote_does_not_take_the_good_rows_before_it(tmp_path):
    text = (
        metadata(TOYS)
        + '"never closed,'
        + "x" * 200_000
        + "\n"
        + metadata({**TOYS, "id": "7"}).split("\n", 1)[1]
    )
    events, result = loaded(write_folder(tmp_path, {"movies_metadata.csv": text}))
    assert events[0].movie == "tmdb:862"
    assert any("quotes do not match" in row.reason for row in result.examples)


CAST = [
    {"cast_id": 15, "character": "Buzz", "id": 12898, "name": "Tim Allen", "order": 1, "profile_path": None},
    {
        "cast_id": 14,
        "character": "Woody",
        "id": 31,
        "name": "Tom  Hanks",
        "order": 0,
        "profile_path": "/p.jpg",
    },
]
CREW = [
    {"department": "Writing", "id": 12891, "job": "Screenplay", "name": "Joss Whedon"},
    {"department": "Directing", "id": 7879, "job": "Director", "name": "John Lasseter"},
    {"department": "Directing", "id": 7, "job": "Director", "name": "Tim Allen"},
]


def credits_of(*rows: tuple[object, object, object]) -> str:
    """As The Movies Dataset has them: Python literals in a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("cast", "crew", "id"), *rows])
    return text.getvalue()


def test_the_credits_beside_it_tell_the_people_directors_first(tmp_path):
    files = {"movies_metadata.csv": metadata(TOYS), "credits.csv": credits_of((CAST, CREW, 862), ([], [], 5))}
    events, result = loaded(write_folder(tmp_path, files))
    assert [event.movie for event in events] == ["tmdb:862", "tmdb:862"]
    assert events[1].facts.people == ("John Lasseter", "Tim Allen", "Tom Hanks")
    assert result.unreadable == 0


def test_credits_are_told_of_the_movies_that_links_or_the_log_know(tmp_path):
    told = credits_of((CAST, CREW, 862))
    events, _ = loaded(write_folder(tmp_path / "a", {**CSV, "credits.csv": told}))
    assert [event.movie for event in events if event.facts and event.facts.people] == ["1"]
    (event,), _ = loaded(
        write_folder(tmp_path / "b", {"credits.csv": told}) / "credits.csv", known_tmdb={"862": "7"}
    )
    assert event.movie == "7"


def test_a_cast_of_hundreds_is_cut_to_the_most_important(tmp_path):
    extras = [{"name": f"Extra {number}", "order": number} for number in range(400, -1, -1)]
    (event,), _ = loaded(write_folder(tmp_path, {"credits.csv": credits_of((extras, CREW[:2], 1))}))
    assert event.facts.people == ("John Lasseter", *(f"Extra {number}" for number in range(29)))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("[{'name': 'A'", [], 1), "cast: \"[{'name': 'A'\" is not a list of names"),
        ((CAST, "7", 1), "crew: '7' is not a list of names"),
        ((CAST, CREW, "x"), "id: 'x' is not a whole number"),
        (([{"name": "x" * 101}], [], 1), "length <= 100"),
    ],
)
def test_credits_that_cannot_be_read_are_set_aside_with_their_reason(row, reason, tmp_path):
    text = credits_of((CAST, CREW, 862), row, (CAST, CREW, 863))
    events, result = loaded(write_folder(tmp_path, {"credits.csv": text}))
    assert [event.movie for event in events] == ["tmdb:862", "tmdb:863"]
    (bad,) = result.examples
    assert reason in bad.reason
    assert (bad.file, bad.line) == ("credits.csv", 3)


TABLE = Path(__file__).parents[2] / "data" / "tmdb.csv"


def test_the_compact_table_tells_facts_without_sentences_by_movielens_ids():
    events, result = loaded(TABLE)
    assert result.unreadable == 0
    toys = next(event for event in events if event.movie == "1")
    assert (toys.facts.votes, toys.facts.runtime, toys.facts.imdb) == (5415, 81.0, "tt0114709")
    assert all(event.facts.overview is event.facts.title is None for event in events)
    assert len({event.movie for event in events}) == len(events) == 9544
