"""Which of a movie's people a search named."""

from collections.abc import Mapping

from matinee.events.types import Facts
from matinee.stores.catalogue.words import spellings, terms, words


def named(query: str, facts: Facts) -> tuple[str, ...]:
    """The people of a movie whom the words of `query` name that its title, genres, year and tags do not have.

    As search does, it forgives an unfinished word and a small typo. Of people with one name, the most
    important; whoever is named by more words comes first.

    >>> heat = Facts(title="Heat", year=1995, people=("Michael Mann", "Al Pacino", "Robert De Niro"))
    >>> named("heat 1995", heat), named("pacino heat", heat), named("robret deni", heat)
    ((), ('Al Pacino',), ('Robert De Niro',))
    """
    if not facts.people:
        return ()
    others = (facts.title or "", *(facts.genres or ()), str(facts.year or ""), *(facts.tags or ()))
    told = {"": {term for text in others for term in terms(text)}}
    left = {word for word in words(query) if not _with(word, told)}
    if not left:
        return ()
    names = {person: set(terms(person)) for person in facts.people}
    named_by = {word: _with(word, names) for word in left}
    meant = {person: {word for word in left if person in named_by[word]} for person in names}
    found: list[str] = []
    for person in sorted(meant, key=lambda person: -len(meant[person])):
        if meant[person] & left:
            found.append(person)
            left -= meant[person]
    return tuple(found)


def _with(word: str, texts: Mapping[str, set[str]]) -> set[str]:
    """The texts that have a word which begins with `word`; if none, those that have one a typo away."""
    begun = {text for text, has in texts.items() if any(each.startswith(word) for each in has)}
    near = set(spellings(word))
    if begun or len(near) == 1:
        return begun
    return {
        text
        for text, has in texts.items()
        if any(not near.isdisjoint(spellings(each[: len(word) + 1])) for each in has)
    }
