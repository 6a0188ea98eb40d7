"""What cannot be read is set aside with file, line and reason; the rest loads."""

import pytest

from matinee.sources.base import Unreadable
from tests.sources.writing import CSV, RATINGS_FILE, SEPARATOR, loaded, write_folder

BAD = {
    "1|2|3": "fewer than 4 fields",
    "1|2|3|964982224|5": "more than 4 fields",
    "x|2|3|964982224": "user is not a whole number",
    "-1|2|3|964982224": "user is not a whole number",
    "1|2.5|3|964982224": "movie is not a whole number",
    "1||3|964982224": "movie is not a whole number",
    "99999999999999999999|2|3|964982224": "user is not a whole number",
    "1|2|0|964982224": "rating is not from 0.5 to 5",
    "1|2|5.5|964982224": "rating is not from 0.5 to 5",
    "1|2|nan|964982224": "rating is not from 0.5 to 5",
    "1|2|good|964982224": "rating is not from 0.5 to 5",
    "1|2|3|99999999999": "time is not in seconds from 1900",
    "1|2|3|-99999999999": "time is not in seconds from 1900",
    "1|2|3|yesterday": "time is not in seconds from 1900",
}


@pytest.mark.parametrize("layout", RATINGS_FILE)
@pytest.mark.parametrize("row", BAD)
def test_a_bad_rating_is_set_aside_and_those_around_it_load(layout, row, tmp_path):
    name, separator = RATINGS_FILE[layout], SEPARATOR[layout]
    rows = ["1|2|4|964982224", row, "", "3|2|5|964982225"]
    if layout == "csv":
        rows.insert(0, "userId|movieId|rating|timestamp")
    text = "\n".join(rows).replace("|", separator)
    told: list[Unreadable] = []
    events, result = loaded(write_folder(tmp_path, {name: text}), set_aside=told.append)
    assert [event.user for event in events] == ["1", "3"]
    assert told == list(result.examples)
    assert result.unreadable == 1
    (bad,) = result.examples
    assert (bad.file, bad.line, bad.text) == (name, rows.index(row) + 1, row.replace("|", separator))
    assert BAD[row] in bad.reason
    assert result.reasons == {(name, bad.reason): 1}


def test_bytes_that_are_no_text_are_set_aside(tmp_path):
    (tmp_path / "u.data").write_bytes(b"\xff\xfe\x00\x01\n1\t2\t4\t964982224\n")
    events, result = loaded(tmp_path)
    assert len(events) == 1
    assert result.examples[0].line == 1


def test_huge_ids_that_fit_are_kept_as_they_are(tmp_path):
    events, _ = loaded(write_folder(tmp_path, {"u.data": "999999999999999999\t888888888888888888\t4\t1\n"}))
    assert (events[0].user, events[0].movie) == ("9" * 18, "8" * 18)


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("movies.csv", "x,Heat (1995),Crime", "'x' is not a whole number"),
        ("movies.csv", "9,Heat (1995)", "it has 2 fields, not 3"),
        ("movies.csv", '9,"Heat (1995),Crime', "its quotes do not match"),
        ("movies.csv", "9,,Crime", "length >= 1"),
        ("movies.csv", f"9,{'x' * 501},Crime", "length <= 500"),
        ("links.csv", "1,tt12x,3", "'12x' is not a whole number"),
        ("tags.csv", f"1,1,{'long' * 30},5", "its tag is longer than 100 characters"),
        ("tags.csv", "1,one,short,5", "it has no movie"),
        ("tags.csv", "1,1", "it has 2 fields, not 4"),
    ],
)
def test_a_bad_row_beside_the_ratings_is_set_aside(name, row, reason, tmp_path):
    good, _ = loaded(write_folder(tmp_path / "good", CSV))
    events, result = loaded(write_folder(tmp_path / "bad", {**CSV, name: CSV[name] + row + "\n"}))
    assert events == good
    (bad,) = result.examples
    assert (bad.file, bad.line) == (name, CSV[name].count("\n") + 1)
    assert reason in bad.reason


def test_many_bad_rows_are_all_counted_and_the_first_kept(tmp_path):
    text = "1\t2\t9\t964982224\n" * 1500
    _, result = loaded(write_folder(tmp_path, {"u.data": text}))
    assert (result.unreadable, len(result.examples)) == (1500, 1000)
    assert [row.line for row in result.examples] == list(range(1, 1001))


def test_lines_are_numbered_across_the_pieces_a_file_is_read_in(tmp_path, monkeypatch):
    monkeypatch.setattr("matinee.sources.files._CHUNK", 50)
    rows = [f"{i}\t2\t{9 if i % 7 == 0 else 4}\t{964982224 - i}" for i in range(1, 200)]
    events, result = loaded(write_folder(tmp_path, {"u.data": "\n".join(rows)}))
    assert [row.line for row in result.examples] == list(range(7, 200, 7))
    assert [int(event.user) for event in events] == [i for i in range(199, 0, -1) if i % 7]
