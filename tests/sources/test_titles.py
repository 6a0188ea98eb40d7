"""Titles read as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.sources.movielens.titles import read_title


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("American President, The (1995)", "The American President", 1995),
        ("Beautiful Mind, A (2001)", "A Beautiful Mind", 2001),
        ("Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
         "The Good, the Bad and the Ugly (Il Buono, il brutto, il cattivo)", 1966),
        ("School of Flesh, The (École de la chair, L') (1998)",
         "The School of Flesh (L'École de la chair)", 1998),
        ("Boot, Das (Boat, The) (1981)", "Das Boot (The Boat)", 1981),
        ("City of the Living Dead (a.k.a. Gates of Hell, The) (Paura) (1980)",
         "City of the Living Dead (a.k.a. The Gates of Hell) (Paura)", 1980),
        ("Seven (a.k.a. Se7en) (1995)", "Seven (a.k.a. Se7en)", 1995),
        ("Superman/Doomsday (2007) ", "Superman/Doomsday", 2007),
        ("Slingshot, The (Kådisbellan ) (1993)", "The Slingshot (Kådisbellan)", 1993),
        ("Death Note: Desu nôto (2006\u20132007)", "Death Note: Desu nôto", 2006),
        ("Babylon 5", "Babylon 5", None),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("1984 (1984)", "1984", 1984),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("Corrina, Corrina (1994)", "Corrina, Corrina", 1994),
        ("Lost (9999)", "Lost (9999)", None),
        ("Tabs\tand\x00more (1999)", "Tabs and more", 1999),
    ],
)  # fmt: skip
def test_title_and_year(text, title, year):
    assert read_title(text) == (title, year)


@given(st.text(max_size=60))
def test_whatever_is_written_stays_readable(text):
    title = read_title(text).title
    assert title == "" or title.isprintable()
    assert title == title.strip()
