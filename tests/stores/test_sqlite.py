"""The SQLite stores: the contracts, and what only they can promise."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from matinee.errors import StoreError
from matinee.events.types import Facts
from matinee.stores.catalogue import open_catalogue
from matinee.stores.catalogue.base import Movie
from matinee.stores.recommendations import open_recommendations
from matinee.stores.recommendations.base import Recommended, TopN
from tests.stores.contract import CatalogueContract, RecommendationsContract

BEFORE_PEOPLE = Path(__file__).parent / "catalogue_1.sql"
"""A catalogue of format 1, with two movies."""


class TestSqliteCatalogue(CatalogueContract):
    @pytest.fixture
    def url(self, tmp_path):
        return f"sqlite://{tmp_path}/deep/er/catalogue.db"

    def test_facts_that_no_event_may_have_are_refused_and_nothing_kept(self, catalogue):
        with pytest.raises(StoreError, match=r"movie 'b' .*\$\.year"):
            catalogue.put([Movie("a", Facts(title="A")), Movie("b", Facts(year=1))])
        assert catalogue.count() == 0

    def test_an_id_that_is_no_text_is_refused(self, catalogue):
        with pytest.raises(StoreError, match="not text"):
            catalogue.get(["\ud800"])

    def test_a_file_of_another_kind_is_refused(self, url):
        open_recommendations(url).close()
        with pytest.raises(StoreError, match="holds something else"):
            open_catalogue(url)

    def test_a_catalogue_from_before_people_were_known_is_brought_up_to_date(self, url, tmp_path):
        path = tmp_path / "deep/er/catalogue.db"
        path.parent.mkdir(parents=True)
        with closing(sqlite3.connect(path)) as made:
            made.executescript(BEFORE_PEOPLE.read_text())
        openers = [open_catalogue(url) for _ in range(2)]
        for catalogue in openers:
            assert catalogue.count() == 2
            assert [found.movie for found in catalogue.search("matirx", 5)] == ["5"]
            assert [found.movie for found in catalogue.search("crime 1995", 5)] == ["13"]
        openers[0].put([Movie("13", Facts(people=("Al Pacino",)))])
        assert [found.facts.title for found in openers[1].search("pacino", 5)] == ["Heat (1995)"]
        assert openers[1].search("heat", 1)[0].facts.people == ("Al Pacino",)
        for catalogue in openers:
            catalogue.close()

    def test_a_newer_catalogue_is_refused(self, url, catalogue, tmp_path):
        catalogue.put([Movie("a", Facts(title="A"))])
        with closing(sqlite3.connect(tmp_path / "deep/er/catalogue.db")) as made:
            made.execute("PRAGMA user_version = 99")
        with pytest.raises(StoreError, match="written in format 99, while this Matinee knows 2"):
            open_catalogue(url)

    def test_a_closed_catalogue_says_so(self, url):
        catalogue = open_catalogue(url)
        catalogue.close()
        with pytest.raises(StoreError, match="closed"):
            catalogue.search("heat", 1)


class TestSqliteRecommendations(RecommendationsContract):
    @pytest.fixture
    def url(self, tmp_path):
        return f"sqlite://{tmp_path}/recommendations.db"

    def test_an_erased_list_is_in_no_file(self, store, tmp_path):
        store.put([TopN("somebody", "1", (Recommended("9", 0.5, "A telling title", ()),))])
        store.erase("somebody")
        left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"somebody" not in left
        assert b"telling" not in left
