"""Where a browser finds a movie's poster."""

from pathlib import Path

import pytest

from matinee.ui.wall import poster

TMDB = "https://image.tmdb.org/"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a.jpg", f"{TMDB}t/p/w342/a.jpg"),
        (f"{TMDB}t/p/original/a.jpg", f"{TMDB}t/p/original/a.jpg"),
        ("//evil.example/a.jpg", f"{TMDB}t/p/w342//evil.example/a.jpg"),
        ("https://evil.example/a.jpg", None),
        ("https://image.tmdb.org.evil.example/a.jpg", None),
        ("http://image.tmdb.org/a.jpg", None),
        ("a.jpg", None),
        (None, None),
    ],
)
def test_no_other_host_than_tmdb_is_asked(
    path: str | None, found: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("MATINEE_POSTERS", raising=False)
    monkeypatch.setenv("MATINEE_TMDB_POSTERS", "True")
    assert poster("1", path) == (found, True)
    monkeypatch.setenv("MATINEE_TMDB_POSTERS", "False")
    assert poster("1", path) == (None, True)


def test_the_folder_has_posters_of_every_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATINEE_POSTERS", str(tmp_path))
    for name in ("a#1?50%.webp", "tmdb.jpg"):
        (tmp_path / name).touch()
    assert poster("a#1?50%", "/other.jpg") == ("/posters/a%231%3F50%25.webp", False)
    assert poster("2", "/tmdb.jpg") == ("/posters/tmdb.jpg", False)
    assert poster("2", "https://evil.example/tmdb.jpg") == ("/posters/tmdb.jpg", False)
