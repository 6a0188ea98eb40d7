"""Words as search compares them: without case, accents, punctuation, or the way a title is filed."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

PREFIX = 7
"""How much of a word spelling is compared on, so that unfinished long words are mended too."""
_SHORTEST = 4
"""Words shorter than this are taken as typed: too many others are one letter away."""

_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"[^\W_]+(?:[-·.'\u2019*&][^\W_]+)+")
# Scripts that do not set words apart: every character is a word, and neighbours are matched in order.
_UNSPACED = re.compile(r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff])")
_INITIALS = re.compile(r"(?<=\b[^\W\d_])[.*](?=[^\W\d_]\b)")
_ROMAN = {"2": "ii", "3": "iii", "4": "iv", "5": "v", "6": "vi", "7": "vii", "8": "viii", "9": "ix"}
_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")
_ARTICLES = {"the", "a", "an", "le", "la", "les", "l", "un", "une", "el", "los", "las", "il", "lo", "gli"}
_ARTICLES |= {"der", "die", "das", "ein", "eine", "den", "det", "het"}
_FILED = re.compile(rf"^(?P<rest>.+), (?:{'|'.join(sorted(_ARTICLES))})'?$", re.IGNORECASE)


def fold(text: str) -> str:
    """`text` in small letters without accents (Unicode NFKD, no marks), unspaced scripts set apart.

    >>> fold("Amélie"), fold("千と"), fold("STRASSE") == fold("straße")
    ('amelie', ' 千  と ', True)
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return _UNSPACED.sub(r" \1 ", "".join(char for char in decomposed if not unicodedata.combining(char)))


def words(text: str) -> list[str]:
    """The words of `text`, folded, in order.

    >>> words("Matrix, The (1999)")
    ['matrix', 'the', '1999']
    """
    return _WORD.findall(fold(text))


def joined(text: str) -> list[str]:
    """Words that punctuation divides, written as one, as many people type them.

    >>> joined("Spider-Man: Schindler's WALL·E")
    ['spiderman', 'schindlers', 'walle']
    """
    return ["".join(_WORD.findall(match)) for match in _JOINED.findall(fold(text))]


def terms(text: str) -> list[str]:
    """All that `text` is found by: its words, and those that are also typed as one.

    >>> terms("Spider-Man 2")
    ['spider', 'man', '2', 'spiderman']
    """
    return [*words(text), *joined(text)]


def same(word: str) -> list[str]:
    """The word, and the Roman numeral of a small number: people type "rocky 2" for Rocky II.

    >>> same("2"), same("rocky")
    (['2', 'ii'], ['rocky'])
    """
    return [word, _ROMAN[word]] if word in _ROMAN else [word]


def name(title: str) -> str:
    """A title as people say it, folded, without the year and without an article, in front or filed behind.

    Initials are one word: the A of A.I. is no article.

    >>> name("Matrix, The (1999)"), name("the matrix"), name("It (2017)"), name("The"), name("A.I. (2001)")
    ('matrix', 'matrix', 'it', 'the', 'ai')
    """
    bare = _INITIALS.sub("", _FILED.sub(r"\g<rest>", _YEAR.sub("", title)))
    said = words(bare)
    return " ".join(said[1:] if len(said) > 1 and said[0] in _ARTICLES else said)


def spellings(word: str) -> Iterator[str]:
    """The word and all that is left when one letter is gone; two words a typo apart share one.

    This is the symmetric delete of SymSpell, over the first letters of the word.

    >>> sorted(spellings("heat"))
    ['eat', 'hat', 'hea', 'heat', 'het']
    """
    start = word[:PREFIX]
    yield start
    if len(start) >= _SHORTEST:
        yield from {start[:i] + start[i + 1 :] for i in range(len(start))}


def phrase(found: Iterable[str], *, unfinished: bool = False) -> str:
    """An FTS5 expression for any of these words, or, unfinished, for words that begin so."""
    star = "*" if unfinished else ""
    return "(" + " OR ".join(f'"{word}"{star}' for word in found) + ")"
