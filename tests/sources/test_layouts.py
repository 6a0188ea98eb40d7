"""Every layout of MovieLens gives the same movies and ratings."""

from datetime import UTC, date, datetime

import pytest

from matinee.errors import SourceError
from matinee.sources.load import load
from tests.sources.writing import CSV, LAYOUTS, loaded, write_folder, write_zip


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return LAYOUTS[request.param]


@pytest.fixture(params=["folder", "zip", "nested folder", "zip without a folder", "carriage returns"])
def path(request, layout, tmp_path):
    files, encoding = layout
    match request.param:
        case "folder":
            return write_folder(tmp_path / "ml", files, encoding)
        case "nested folder":
            return write_folder(tmp_path / "outer" / "ml", files, encoding).parent
        case "carriage returns":
            return write_folder(tmp_path / "ml", files, encoding, line_end="\r\n")
        case "zip":
            return write_zip(tmp_path / "ml.zip", files, encoding)
        case _:
            return write_zip(tmp_path / "ml.zip", files, encoding, inside="")


def test_ratings_come_in_order_of_time_then_of_the_file(path):
    events, result = loaded(path)
    ratings = [event for event in events if event.type == "rating"]
    assert [(e.user, e.movie, e.value) for e in ratings] == [
        ("2", "5", 5.0),
        ("1", "73", 3.5),
        ("2", "1", 0.5),
        ("1", "1", 4.0),
    ]
    assert ratings[0].at == datetime(2000, 7, 30, 18, 16, 40, tzinfo=UTC)
    assert ratings[1].id == "movielens/1/73/964982224/3.5"
    assert {e.source for e in events} == {"movielens"}
    assert (result.movies, result.ratings, result.unreadable) == (3, 4, 0)


def test_movies_come_first_with_titles_years_and_genres(path):
    events, _ = loaded(path)
    assert [event.type for event in events] == ["movie"] * 3 + ["rating"] * 4
    toys, misery, babylon = (event.facts for event in events[:3])
    assert (toys.title, toys.year, toys.genres) == ("Toy Story", 1995, ("Animation", "Comedy"))
    assert (misery.title, misery.year, misery.genres) == ("Les Misérables", 1995, ("Comedy",))
    assert (babylon.title, babylon.year, babylon.genres) == ("Babylon 5", None, None)
    assert [event.movie for event in events[:3]] == ["1", "73", "5"]


def test_loading_again_gives_the_same_ids(path):
    assert loaded(path)[0] == loaded(path)[0]


@pytest.mark.parametrize("name", ["csv", "10M"])
def test_tags_are_the_most_used_ones_first_whoever_wrote_them_how(name, tmp_path):
    files, encoding = LAYOUTS[name]
    events, _ = loaded(write_folder(tmp_path, files, encoding))
    assert events[0].facts.tags == ("pixar", "fun, really")
    assert events[1].facts.tags is None


def test_links_become_ids_as_their_owners_write_them(tmp_path):
    events, _ = loaded(write_folder(tmp_path, CSV))
    assert (events[0].facts.imdb, events[0].facts.tmdb) == ("tt0114709", "862")
    assert (events[1].facts.imdb, events[1].facts.tmdb) == ("tt0113828", None)
    assert events[2].facts.imdb is None


def test_100k_knows_the_day_of_release(tmp_path):
    events, _ = loaded(write_folder(tmp_path, *LAYOUTS["100k"]))
    assert events[1].facts.released == date(1995, 10, 20)
    assert events[1].at == datetime(1995, 10, 20, tzinfo=UTC)


def test_100k_without_its_list_of_genres_has_the_published_one(tmp_path):
    flags = "|".join("1" if i in (5, 14) else "0" for i in range(19))
    events, _ = loaded(write_folder(tmp_path, {"u.item": f"3|Four Rooms (1995)|01-Jan-1995||x|{flags}\n"}))
    assert events[0].facts.genres == ("Comedy", "Romance")


def test_changed_facts_are_another_event(tmp_path):
    before, _ = loaded(write_folder(tmp_path, CSV))
    changed = {**CSV, "movies.csv": CSV["movies.csv"].replace("Animation|Comedy", "Animation")}
    after, _ = loaded(write_folder(tmp_path, changed))
    assert before[0].id != after[0].id
    assert before[1:] == after[1:]


@pytest.mark.parametrize(
    "header",
    [
        "user_id,movie_id,rating,timestamp",
        '"userId","movieId","rating","timestamp"',
        "USERID, MOVIEID, RATING, TIMESTAMP",
    ],
)
def test_a_header_may_be_written_in_other_ways(header, tmp_path):
    events, _ = loaded(write_folder(tmp_path, {"ratings.csv": f'{header}\n"7","8","4.5","964982224"\n'}))
    assert [event.id for event in events] == ["movielens/7/8/964982224/4.5"]


def test_columns_may_stand_in_another_order_with_others_between(tmp_path):
    text = "timestamp,mood,rating,userId,movieId\n964982224,glad,4.5,7,8\n"
    events, result = loaded(write_folder(tmp_path, {"ratings.csv": text}))
    assert [event.id for event in events] == ["movielens/7/8/964982224/4.5"]
    assert result.unreadable == 0


def test_csv_without_a_header_has_the_published_columns(tmp_path):
    files = {"ratings.csv": "7,8,4.5,964982224\n", "movies.csv": "8,Heat (1995),Crime\n"}
    events, _ = loaded(write_folder(tmp_path, files))
    assert [event.movie for event in events] == ["8", "8"]


def test_a_header_without_a_needed_column_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"ratings\.csv has no column for seconds.*userId"):
        loaded(write_folder(tmp_path, {"ratings.csv": "userId,movieId,rating\n1,2,3\n"}))


def test_events_come_in_batches_of_the_size_asked_for(tmp_path):
    sizes: list[int] = []
    load(write_folder(tmp_path, CSV), lambda batch: sizes.append(len(batch)), batch=3)
    assert sizes == [3, 3, 1]
