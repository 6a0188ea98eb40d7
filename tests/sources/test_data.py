"""The data that comes with Matinee: whole, and made by the script that is beside it."""

import csv
import gzip
import runpy
from itertools import pairwise
from pathlib import Path

import pytest

from tests.sources.test_tmdb import TOYS, metadata
from tests.sources.writing import loaded

DATA = Path(__file__).parents[2] / "data"


def test_ml_latest_small_is_whole():
    events, result = loaded(DATA / "ml-latest-small")
    assert (result.movies, result.ratings, result.unreadable) == (9742, 100836, 0)
    assert len({event.id for event in events}) == len(events)
    ratings = [event for event in events if event.type == "rating"]
    assert all(a.at <= b.at for a, b in pairwise(ratings))


def test_no_title_has_its_article_behind():
    events, _ = loaded(DATA / "ml-latest-small" / "movies.csv")
    titles = {event.movie: event.facts.title for event in events}
    assert titles["318"] == "The Shawshank Redemption"
    assert not [title for title in titles.values() if title.endswith((", The", ", A", ", An"))]


@pytest.mark.parametrize("packed", [False, True])
def test_the_script_makes_the_same_bytes_again(packed, tmp_path):
    script = runpy.run_path(str(DATA / "make_tmdb.py"))
    text = metadata(TOYS, {**TOYS, "id": "8844", "title": "Jumanji"}, torn="a,torn,row\n").encode()
    source = tmp_path / ("movies_metadata.csv.gz" if packed else "movies_metadata.csv")
    source.write_bytes(gzip.compress(text) if packed else text)
    for name in ("one.csv", "two.csv"):
        script["main"](source, DATA / "ml-latest-small" / "links.csv", tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    head, *rows = csv.reader((tmp_path / "one.csv").read_text().splitlines())
    assert head == (DATA / "tmdb.csv").read_text().splitlines()[0].split(",")
    assert [row[:2] for row in rows] == [["1", "862"], ["2", "8844"]]
    assert rows[0][head.index("genres")] == "Animation|Comedy"


def test_the_table_has_no_sentences():
    with (DATA / "tmdb.csv").open(newline="") as lines:
        assert not {"title", "overview", "tagline"} & set(next(csv.reader(lines)))


def test_the_conditions_are_stated():
    text = (DATA / "README.md").read_text()
    assert "not endorsed or certified by TMDB" in text
    assert "10.1145/2827872" in text
    assert "commercial" in text
