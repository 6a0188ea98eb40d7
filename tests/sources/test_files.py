"""What is not to be loaded is said clearly."""

import gzip
import zipfile

import pytest

from matinee.errors import SourceError
from tests.sources.writing import CSV, loaded, write_folder, write_zip


def test_nothing_there(tmp_path):
    with pytest.raises(SourceError, match="is not there; give a folder, a zip or a file"):
        loaded(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["ml.zip", "ratings.csv"])
def test_an_empty_file(name, tmp_path):
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match="is empty"):
        loaded(tmp_path / name)


def test_an_empty_folder(tmp_path):
    with pytest.raises(SourceError, match=r"is empty; wanted are MovieLens"):
        loaded(tmp_path)


def test_a_folder_of_empty_files(tmp_path):
    with pytest.raises(SourceError, match=r"movies\.csv, ratings\.csv hold no rows"):
        loaded(write_folder(tmp_path, {"ratings.csv": "", "movies.csv": "movieId,title,genres\n"}))


def test_something_else(tmp_path):
    with pytest.raises(SourceError, match=r"holds nothing known here: wanted are MovieLens"):
        loaded(write_folder(tmp_path, {"notes.txt": "hello"}))


def test_a_folder_with_zips_names_one(tmp_path):
    write_zip(tmp_path / "ml-1m.zip", CSV)
    with pytest.raises(SourceError, match=r"holds zips; load one of them, such as ml-1m\.zip"):
        loaded(tmp_path)


def test_two_datasets_in_one_folder(tmp_path):
    write_folder(tmp_path / "a", CSV)
    write_folder(tmp_path / "b", CSV)
    with pytest.raises(SourceError, match=r"holds links\.csv twice: a/links\.csv and b/links\.csv"):
        loaded(tmp_path)


def test_a_zip_cut_short(tmp_path):
    path = write_zip(tmp_path / "ml.zip", CSV)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceError, match="is not a whole zip"):
        loaded(path)


def test_a_zip_with_a_damaged_member(tmp_path):
    path = write_zip(tmp_path / "ml.zip", {"ratings.csv": CSV["ratings.csv"] * 50}, inside="")
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"ratings\.csv is damaged"):
        loaded(path)


def test_an_encrypted_zip(tmp_path):
    path = write_zip(tmp_path / "ml.zip", CSV)
    data = bytearray(path.read_bytes())
    for place in range(len(data) - 4):
        if data[place : place + 4] == b"PK\x01\x02":
            data[place + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match="is encrypted; unpack it"):
        loaded(path)


def test_what_a_mac_adds_to_a_zip_does_not_matter(tmp_path):
    path = write_zip(tmp_path / "ml.zip", CSV)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/ml/ratings.csv", b"\x00\x05")
        archive.writestr("ml/._ratings.csv", b"\x00\x05")
    assert loaded(path)[1].ratings == 4


def test_one_file_alone_also_gzipped(tmp_path):
    plain = write_folder(tmp_path, {"ratings.csv": CSV["ratings.csv"]}) / "ratings.csv"
    packed = tmp_path / "packed" / "ratings.csv.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert loaded(plain)[0] == loaded(packed)[0]
    assert loaded(packed)[1].ratings == 4


def test_a_gzip_cut_short(tmp_path):
    path = tmp_path / "ratings.csv.gz"
    path.write_bytes(gzip.compress(CSV["ratings.csv"].encode() * 100)[:-20])
    with pytest.raises(SourceError, match="is damaged"):
        loaded(path)


def test_gzipped_inside_a_zip(tmp_path):
    path = tmp_path / "ml.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ratings.csv.gz", gzip.compress(CSV["ratings.csv"].encode()))
    assert loaded(path)[1].ratings == 4
