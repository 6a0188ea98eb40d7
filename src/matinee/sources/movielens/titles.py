"""MovieLens titles: "Matrix, The (1999)" is "The Matrix" of 1999."""

import re
from typing import NamedTuple

from matinee.sources.base import clean

_YEAR = re.compile(r"\s*\((?P<year>\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$")  # noqa: RUF001 - as it is written there
_ARTICLES = (
    "The|A|An"  # English
    "|Le|La|Les|L'|Un|Une"  # French
    "|El|Los|Las|Una|O|Os|As|Um|Uma"  # Spanish, Portuguese
    "|Il|Lo|I|Gli|Uno"  # Italian
    "|Der|Die|Das|Den|Ein|Eine"  # German
    "|Det|De|En|Ett|Et|Het"  # Scandinavian, Dutch
)
_ARTICLE = re.compile(rf"(?P<lead>^|\((?:a\.k\.a\. )?)(?P<body>[^()]+), (?P<article>{_ARTICLES})(?= \(|\)|$)")


class Title(NamedTuple):
    """A title as people write it, and the year when it carried one from 1870 to 2200."""

    title: str
    year: int | None


def read_title(text: str) -> Title:
    """The title and the year of `text`, articles moved to the front, other names in brackets kept.

    >>> read_title("City of Lost Children, The (Cité des enfants perdus, La) (1995)")
    Title(title='The City of Lost Children (La Cité des enfants perdus)', year=1995)
    """
    whole = clean(text).replace(" )", ")")
    found = _YEAR.search(whole)
    year = int(found["year"]) if found and 1870 <= int(found["year"]) <= 2200 else None
    title = whole[: found.start()] if found and year else whole
    return Title(_ARTICLE.sub(_to_front, title) or whole, year)


def _to_front(match: re.Match[str]) -> str:
    article = match["article"]
    return f"{match['lead']}{article}{'' if article.endswith(chr(39)) else ' '}{match['body']}"
