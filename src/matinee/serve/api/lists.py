"""From what the recommender picks to what the API answers."""

from collections.abc import Iterable

import msgspec

from matinee.events.types import Facts
from matinee.serve.api.answers import Item, Listing, ReasonAnswer
from matinee.serve.lists import Pick
from matinee.serve.live import LiveState
from matinee.serve.serving import Serving

_UNKNOWN = Facts()


def listing(serving: Serving, kind: str, picks: Iterable[Pick], user: str | None = None) -> Listing:
    """The answer that holds these picks, with the facts of each movie."""
    return listing_of(serving, kind, [item(serving.live, pick) for pick in picks], user)


def listing_of(serving: Serving, kind: str, items: list[Item], user: str | None = None) -> Listing:
    """The answer that holds these movies."""
    return Listing(kind, serving.recommender.version, str(serving.live.position), items, user)


def item(live: LiveState, pick: Pick) -> Item:
    """One movie of a list."""
    said = item_of(pick.movie, _facts(live, pick.movie), pick.score)
    if pick.explored:
        said = msgspec.structs.replace(said, explored=True)
    if not pick.reasons:
        return said
    return msgspec.structs.replace(said, reasons=reasons(live, pick), why=pick.why)


def item_of(movie: str, facts: Facts, score: float | None = None) -> Item:
    """A movie with what a list says of it."""
    return Item(movie, facts.title, facts.year, facts.genres or (), facts.poster, score)


def reasons(live: LiveState, pick: Pick) -> list[ReasonAnswer]:
    """The reasons of a pick, with titles."""
    return [
        ReasonAnswer(
            reason.movie, title(live, reason.movie) if reason.movie else None, reason.type, reason.gave
        )
        for reason in pick.reasons
    ]


def title(live: LiveState, movie: str) -> str | None:
    """The title of a movie, when known."""
    return _facts(live, movie).title


def _facts(live: LiveState, movie: str) -> Facts:
    return live.facts_of(movie) or _UNKNOWN
