"""Search as people mistype it, among the 9,742 movies that come with Matinee."""

import pytest

from matinee.events.types import Facts, updated
from matinee.sources.load import load
from matinee.stores.catalogue import open_catalogue
from matinee.stores.catalogue.base import Movie
from matinee.stores.catalogue.people import named
from tests import support

DATA = support.ROOT / "data"
PEOPLE = {
    "6": ("Michael Mann", "Al Pacino", "Robert De Niro", "Val Kilmer"),
    "32": ("Terry Gilliam", "Bruce Willis", "Madeleine Stowe", "Brad Pitt"),
    "293": ("Luc Besson", "Jean Reno", "Gary Oldman", "Natalie Portman"),
    "318": ("Frank Darabont", "Tim Robbins", "Morgan Freeman"),
    "356": ("Robert Zemeckis", "Tom Hanks", "Robin Wright"),
    "2028": ("Steven Spielberg", "Tom Hanks", "Tom Sizemore"),
    "4973": ("Jean-Pierre Jeunet", "Audrey Tautou"),
    "5618": ("Hayao Miyazaki", "Rumi Hiiragi"),
}
"""Of a few movies: what comes with Matinee names nobody."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    facts: dict[str, Facts] = {}

    def keep(events):
        for event in events:
            if event.facts:
                facts[event.movie] = updated(facts.get(event.movie), event.facts)

    for source in ("ml-latest-small", "tmdb.csv"):
        load(DATA / source, keep)
    catalogue = open_catalogue(f"sqlite://{tmp_path_factory.mktemp('titles')}/catalogue.db")
    catalogue.put(Movie(movie, known) for movie, known in facts.items())
    catalogue.put(Movie(movie, Facts(people=people)) for movie, people in PEOPLE.items())
    yield catalogue
    catalogue.close()


@pytest.mark.parametrize(
    ("query", "movies"),
    [
        pytest.param("miyazaki", {"5618"}, id="a name"),
        pytest.param("myiazaki", {"5618"}, id="letters swapped in a name"),
        pytest.param("morgan freman", {"318"}, id="a letter missing in a name"),
        pytest.param("pacino al", {"6"}, id="surname first"),
        pytest.param("natalie portm", {"293"}, id="while typing a name"),
        pytest.param("jean pierre jeunet", {"4973"}, id="a hyphen left out"),
        pytest.param("tom hanks", {"356", "2028"}, id="someone of several movies"),
        pytest.param("hanks 1998", {"2028"}, id="a name and a year"),
        pytest.param("brad pitt sci-fi", {"32"}, id="a name and a genre"),
        pytest.param("de niro heat", {"6"}, id="a name and a title"),
    ],
)
def test_a_name_finds_the_movies_of_that_person_first(catalogue, query, movies):
    assert {movie.movie for movie in catalogue.search(query, len(movies))} == movies


@pytest.mark.parametrize(("name", "title"), [("bruce", "Bruce Almighty"), ("robin", "Robin Hood")])
def test_a_title_weighs_more_than_a_name(catalogue, name, title):
    assert title in [movie.facts.title for movie in catalogue.search(name, 3)]


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("tom hanks", {"Tom Hanks"}),
        ("tmo hakns war", {"Tom Hanks"}),
        ("sizemore hanks", {"Tom Sizemore", "Tom Hanks"}),
        ("spielb", {"Steven Spielberg"}),
        ("saving private", set()),
        ("", set()),
    ],
)
def test_whom_a_search_named_is_told(catalogue, query, people):
    [movie] = catalogue.get(["2028"])
    assert set(named(query, movie.facts)) == people


@pytest.mark.parametrize(
    ("query", "title", "within"),
    [
        pytest.param("pulp fictoin", "Pulp Fiction", 1, id="letters swapped"),
        pytest.param("jwas", "Jaws", 1, id="letters swapped in a short word"),
        pytest.param("bakc to teh future", "Back to the Future", 1, id="swapped in two words"),
        pytest.param("shawshank redemtion", "The Shawshank Redemption", 1, id="a letter missing"),
        pytest.param("jurasic park", "Jurassic Park", 1, id="one of two missing"),
        pytest.param("good will huntting", "Good Will Hunting", 1, id="a letter doubled"),
        pytest.param("intersteller", "Interstellar", 1, id="a wrong letter"),
        pytest.param("citizen cane", "Citizen Kane", 1, id="a wrong letter that makes a word"),
        pytest.param(
            "pirates of the carribean",
            "Pirates of the Caribbean: The Curse of the Black Pearl",
            3,
            id="doubled and missing",
        ),
        pytest.param("amelie", "Amelie (Le Fabuleux destin d'Amélie Poulain)", 1, id="accent left out"),
        pytest.param("AMÈLIE", "Amelie (Le Fabuleux destin d'Amélie Poulain)", 1, id="a wrong accent"),
        pytest.param(
            "leon",
            "Léon: The Professional (a.k.a. The Professional) (Léon)",
            1,
            id="accent left out, part of a title",
        ),
        pytest.param("les miserables", "Les Misérables", 1, id="accent left out, article kept"),
        pytest.param("gump forrest", "Forrest Gump", 1, id="word order"),
        pytest.param("matrix the", "The Matrix", 1, id="article behind"),
        pytest.param("usual suspects, the", "The Usual Suspects", 1, id="article filed behind"),
        pytest.param("godfa", "The Godfather", 1, id="while typing"),
        pytest.param(
            "lord of the ri", "The Lord of the Rings: The Fellowship of the Ring", 3, id="while typing a word"
        ),
        pytest.param("et", "E.T. the Extra-Terrestrial", 3, id="initials without stops"),
        pytest.param("a.i.", "A.I. Artificial Intelligence", 3, id="initials that begin like an article"),
        pytest.param(
            "pan's labrynth",
            "Pan's Labyrinth (El Laberinto del fauno)",
            1,
            id="two letters wrong, another word right",
        ),
        pytest.param("walle", "WALL·E", 1, id="words run together"),
        pytest.param("fightclub", "Fight Club", 1, id="a space left out"),
        pytest.param("rocky 2", "Rocky II", 1, id="a Roman numeral as a digit"),
        pytest.param("godfather 2", "The Godfather: Part II", 1, id="a numeral, its part left out"),
        pytest.param("comedy 1994", "The Mask", 3, id="genre and year"),
        pytest.param("matrix 1999", "The Matrix", 1, id="title and year"),
    ],
)
def test_what_people_type_finds_the_movie_they_mean(catalogue, query, title, within):
    assert title in [movie.facts.title for movie in catalogue.search(query, within)]
