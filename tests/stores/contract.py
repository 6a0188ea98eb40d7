"""What every store promises. A backend subclasses a suite and gives `url`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matinee.events.types import Facts
from matinee.stores.catalogue import open_catalogue
from matinee.stores.catalogue.base import Movie
from matinee.stores.recommendations import open_recommendations
from matinee.stores.recommendations.base import Recommended, TopN

IN_A_TEST = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def film(movie: str, title: str, year: int, votes: int, genres: str = "Drama", **facts) -> Movie:
    return Movie(movie, Facts(title=title, year=year, votes=votes, genres=tuple(genres.split("|")), **facts))


SHELF = [
    film("1", "Toy Story (1995)", 1995, 5000, "Adventure|Animation|Comedy", tags=("pixar",)),
    film("2", "Toy Story 2 (1999)", 1999, 3500, "Adventure|Animation|Comedy", tags=("pixar",)),
    film("3", "Toy, The (1982)", 1982, 90, "Comedy"),
    film("4", "Toys (1992)", 1992, 200, "Comedy|Fantasy"),
    film("5", "Matrix, The (1999)", 1999, 9000, "Action|Sci-Fi"),
    film("6", "Matrix Reloaded, The (2003)", 2003, 5000, "Action|Sci-Fi"),
    film("7", "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)", 2001, 3000, "Comedy|Romance"),
    film("8", "千と千尋の神隠し", 2001, 6000, "Animation|Fantasy"),
    film("9", "كفرناحوم", 2018, 700),
    film("10", "Spider-Man (2002)", 2002, 5300, "Action|Sci-Fi"),
    film("11", "Schindler's List (1993)", 1993, 4400, "Drama|War"),
    film("12", "Clueless (1995)", 1995, 800, "Comedy|Romance"),
    film("13", "Heat (1995)", 1995, 1900, "Action|Crime"),
    film("14", "Terminator, The (1984)", 1984, 4200, "Action|Sci-Fi"),
    film("15", "Star Wars: Episode IV - A New Hope (1977)", 1977, 6800, "Action|Sci-Fi"),
    film("16", "Star Trek (2009)", 2009, 4600, "Action|Sci-Fi"),
    film("17", "Great Gatsby, The (2013)", 2013, 3800, "Drama|Romance"),
    film("18", "Nothing But Trouble (1991)", 1991, 150, "Comedy|Horror"),
    Movie("19", Facts(overview="Nobody knows its title.")),
]

PEOPLE = [
    film("21", "Seven Samurai (1954)", 1954, 900, "Action", people=("Akira Kurosawa", "Toshirô Mifune")),
    film("22", "Ran (1985)", 1985, 300, "Drama", people=("Akira Kurosawa", "Tatsuya Nakadai")),
    film("23", "Abroad (2001)", 2001, 50, people=("Penélope Cruz", "Harold Lloyd")),
    film("24", "Apollo 13 (1995)", 1995, 900, people=("Ron Howard", "Tom Hanks")),
    film("25", "Crossed Names (1999)", 1999, 900, people=("Tom Sizemore", "Jim Hanks")),
    film("26", "Lloyd (2001)", 2001, 50),
]
"""Of some the people are known; the last has in its title what another has in a name."""


class CatalogueContract:
    """The suite of a catalogue."""

    @pytest.fixture
    def url(self, tmp_path) -> str:
        raise NotImplementedError

    @pytest.fixture
    def catalogue(self, url):
        catalogue = open_catalogue(url)
        yield catalogue
        catalogue.close()

    def test_a_hidden_movie_is_not_found_until_it_is_shown_again(self, catalogue):
        catalogue.put([*SHELF, Movie("1", Facts(hidden=True))])
        for query in ("toy story", "t", "toystory", ""):
            assert "1" not in [found.movie for found in catalogue.search(query, 100)]
        catalogue.put([Movie("1", Facts(hidden=False))])
        assert catalogue.search("toy story", 1)[0].movie == "1"

    @pytest.fixture
    def shelf(self, catalogue):
        catalogue.put(SHELF)
        return catalogue

    def test_gives_back_what_was_put(self, catalogue):
        facts = Facts(
            title="Zoë & the «ночь» 🎬",
            year=2001,
            genres=("Drama", "Sci-Fi"),
            overview="x" * 10_000,
            tags=("slow", "日本"),
            people=("Zoë Ж.", "三船 敏郎"),
            language="ja",
            released=date(2001, 7, 20),
            runtime=124.5,
            votes=2**53,
            vote_average=8.5,
            popularity=41.0,
            poster="/p.jpg",
            imdb="tt1",
            tmdb="129",
        )
        catalogue.put([Movie("m", facts), Movie("bare", Facts())])
        assert catalogue.get(["m", "bare"]) == [Movie("m", facts), Movie("bare", Facts())]

    def test_gets_what_is_known_in_the_order_asked(self, shelf):
        assert [movie.movie for movie in shelf.get(["5", "nobody", "1", "", "5"])] == ["5", "1", "5"]
        assert shelf.get([]) == []

    def test_words_that_are_unfinished_are_found_in_any_order_after_whole_ones(self, catalogue):
        titles = {"1": "Star Wars", "2": "War of the Stars Above", "3": "The War Star", "4": "Starting"}
        catalogue.put([Movie(movie, Facts(title=title)) for movie, title in titles.items()])
        for typed, whole, found in (
            ("war star", {"3", "2"}, {"1", "2", "3"}),
            ("star war", {"1", "3"}, {"1", "2", "3"}),
            ("wars star", {"1"}, {"1"}),
        ):
            best = [movie.movie for movie in catalogue.search(typed, 5)]
            assert set(best[: len(whole)]) == whole
            assert set(best) == found
        assert len(catalogue.search("war star", 2)) == 2

    def test_counts_movies_not_puts(self, shelf):
        shelf.put(SHELF)
        assert shelf.count() == len(SHELF)

    def test_facts_given_replace_and_absent_ones_stay(self, catalogue):
        catalogue.put([Movie("m", Facts(title="Old", year=1990)), Movie("m", Facts(year=1991, votes=5))])
        catalogue.put([Movie("m", Facts(title="New", tags=()))])
        expected = Facts(title="New", year=1991, votes=5, tags=())
        assert catalogue.get(["m"]) == [Movie("m", expected)]
        assert catalogue.search("old", 5) == []
        assert [movie.movie for movie in catalogue.search("new 1991", 5)] == ["m"]

    def test_puts_more_than_a_batch(self, catalogue):
        catalogue.put(Movie(str(i), Facts(title=f"Part {i}")) for i in range(6000))
        assert catalogue.count() == 6000
        assert len(catalogue.get([str(i) for i in range(6000)])) == 6000

    @pytest.mark.parametrize(
        ("query", "first"),
        [
            ("toy st", "1"),
            ("toy story", "1"),
            ("story toy", "1"),
            ("TOY STORY 2", "2"),
            ("the matrix", "5"),
            ("matrix", "5"),
            ("matrix the", "5"),
            ("Matrix, The (1999)", "5"),
            ("matrix rel", "6"),
            ("amelie", "7"),
            ("AMÉLIE", "7"),
            ("amelie poulain", "7"),
            ("千と千尋", "8"),
            ("神隠し", "8"),
            ("كفر", "9"),
            ("spiderman", "10"),
            ("spider man", "10"),
            ("spider-man", "10"),
            ("schindlers list", "11"),
            ("comedy 1995", "1"),
            ("romance 1995", "12"),
            ("sci-fi 1984", "14"),
            ("pixar", "1"),
            ("heat", "13"),
            ("star wras", "15"),
            ("matirx", "5"),
            ("termiantor", "14"),
            ("termnat", "14"),
            ("schindler lsit", "11"),
            ("gratsby great", "17"),
            ("watch heat online free", "13"),
            ("t", "1"),
            ("te", "14"),
        ],
    )
    def test_finds(self, shelf, query, first):
        assert [movie.movie for movie in shelf.search(query, 3)][:1] == [first]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("kurosawa", ["21", "22"]),
            ("akira k", ["21", "22"]),
            ("KUROSAWA akira", ["21", "22"]),
            ("kurosvaa", ["21", "22"]),
            ("mifune", ["21"]),
            ("mifúne 1954", ["21"]),
            ("nakadai drama", ["22"]),
            ("penelope cruz", ["23"]),
            ("tom hanks", ["24", "25"]),
            ("lloyd", ["26", "23"]),
        ],
    )
    def test_finds_by_people_where_they_are_known(self, shelf, query, found):
        shelf.put(PEOPLE)
        assert [movie.movie for movie in shelf.search(query, 3)] == found

    def test_people_told_later_are_found_and_those_told_before_no_more(self, shelf):
        assert shelf.search("pacino", 3) == []
        shelf.put([Movie("13", Facts(people=("Al Pacino",)))])
        assert [movie.movie for movie in shelf.search("pacino", 3)] == ["13"]
        shelf.put([Movie("13", Facts(people=("Robert De Niro",)))])
        assert shelf.search("pacino", 3) == []
        assert [movie.movie for movie in shelf.search("heat de niro", 3)] == ["13"]

    def test_of_titles_that_begin_as_typed_the_most_famous_is_first(self, catalogue):
        tags = tuple(f"space battle {number}" for number in range(40))
        catalogue.put(
            [
                film("cartoon", "Star Raiders: The Cartoon", 2008, votes=900),
                film("first", "Star Raiders: Chapter IV - A New Dawn", 1977, votes=20_000, tags=tags),
                film("late", "Star Raiders: Chapter VII", 2015, votes=18_000),
            ]
        )
        assert [each.movie for each in catalogue.search("star raid", 3)] == ["first", "late", "cartoon"]

    def test_finds_every_movie_by_its_title(self, shelf):
        for movie in SHELF:
            if movie.facts.title:
                assert shelf.search(movie.facts.title, 1) == [movie]

    def test_nothing_typed_gives_the_most_votes(self, shelf):
        for query in ("", "  ", "?!", "\0", '"'):
            assert [movie.movie for movie in shelf.search(query, 3)] == ["5", "15", "8"]

    def test_a_year_alone_is_looked_for_as_one(self, shelf):
        for query in ("1999", "(1999)"):
            assert [movie.movie for movie in shelf.search(query, 2)] == ["5", "2"]
        shelf.put([film("20", "It (1990)", 1990, 900), film("21", "It (2017)", 2017, 90)])
        assert shelf.search("It (2017)", 1)[0].movie == "21"

    def test_what_is_nowhere_finds_nothing(self, shelf):
        assert shelf.search("qqqqzzzz", 5) == []

    def test_gives_no_more_than_asked(self, shelf):
        assert len(shelf.search("action", 4)) == 4
        assert shelf.search("action", 0) == []
        assert shelf.search("", 0) == []

    @IN_A_TEST
    @given(st.text(max_size=40) | st.text('"*^():-+{}ANDORTNE \0', max_size=40))
    @example("NEAR(a b, 2)")
    @example('" OR "')
    @example("title : x")
    @example("\ud800 heat")
    @example("a " * 5000)
    @example("x" * 10_000)
    @example("ﷺ" * 300)
    def test_no_query_raises(self, shelf, query):
        assert len(shelf.search(query, 5)) <= 5

    def test_threads_search_while_one_puts(self, shelf):
        def search(_):
            return shelf.search("toy story", 1)[0].movie

        with ThreadPoolExecutor(4) as pool:
            found = pool.map(search, range(100))
            shelf.put(Movie(f"new {i}", Facts(title=f"Sequel {i}")) for i in range(50))
            assert set(found) == {"1"}

    def test_another_open_catalogue_sees_it(self, shelf, url):
        other = open_catalogue(url)
        assert other.count() == len(SHELF)
        other.put([film("20", "Dune (2021)", 2021, 9000)])
        other.close()
        assert shelf.search("dune", 1)[0].movie == "20"


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
recommended = st.builds(
    Recommended,
    names,
    st.floats(allow_nan=False),
    st.just("") | names,
    st.lists(names, max_size=3).map(tuple),
)
lists = st.builds(TopN, names, names, st.lists(recommended, max_size=5).map(tuple))


class RecommendationsContract:
    """The suite of a recommendations store."""

    @pytest.fixture
    def url(self, tmp_path) -> str:
        raise NotImplementedError

    @pytest.fixture
    def store(self, url):
        store = open_recommendations(url)
        yield store
        store.close()

    @IN_A_TEST
    @given(st.lists(lists, max_size=6))
    def test_gives_back_the_last_list_of_each_user(self, store, tops):
        assert store.put(tops) == len(tops)
        for user, top in {top.user: top for top in tops}.items():
            assert store.get(user) == top

    def test_an_unknown_user_has_none(self, store):
        assert store.get("nobody") is None

    def test_a_new_list_replaces_all_of_the_old(self, store):
        long = TopN(
            "u", "1", tuple(Recommended(str(i), 1.0 / (i + 1), f"M{i}", ("Drama",)) for i in range(20))
        )
        short = TopN("u", "2", (Recommended("9", 0.5, "M9", ()),))
        store.put([long])
        assert store.put(iter([short, short])) == 2
        assert store.get("u") == short

    def test_puts_more_than_a_batch(self, store):
        assert store.put(TopN(str(i), "1", ()) for i in range(6000)) == 6000
        assert store.get("5999") == TopN("5999", "1", ())

    def test_an_erased_list_is_gone(self, store):
        store.put([TopN("u", "1", (Recommended("9", 0.5, "M9", ()),)), TopN("v", "1", ())])
        assert store.erase("u") > 0
        assert store.get("u") is None
        assert store.erase("u") == 0
        assert store.get("v") == TopN("v", "1", ())

    def test_another_open_store_sees_it(self, store, url):
        store.put([TopN("u", "1", ())])
        other = open_recommendations(url)
        assert other.get("u") == TopN("u", "1", ())
        other.close()
