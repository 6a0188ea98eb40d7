"""Words as search compares them."""

import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.stores.catalogue import words as module
from matinee.stores.catalogue.words import fold, spellings, words


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted >= 5
    assert result.failed == 0


@settings(deadline=None)
@given(st.text())
def test_words_are_letters_and_digits_and_stay_as_they_are(text):
    found = words(text)
    assert all(word.isalnum() for word in found)
    assert words(" ".join(found)) == found


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)).split() == fold(text).split()


letters = st.text("abcde", min_size=4, max_size=7)


@settings(deadline=None)
@given(letters, st.data())
def test_words_one_typo_apart_share_a_spelling(word, data):
    i = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("abcde"))
    typos = (
        word[:i] + letter + word[i + 1 :],
        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
        word[:i] + letter + word[i:],
        word[:i] + word[i + 1 :],
    )
    for typo in typos:
        assert set(spellings(typo)) & set(spellings(word)) or len(typo) < 4
