"""From what the recommender picks to what the API answers."""

from collections.abc import Iterable

from matinee.serve.api.answers import Item, Listing, ReasonAnswer
from matinee.serve.live import LiveState
from matinee.serve.recommender import Pick
from matinee.serve.serving import Serving


def listing(serving: Serving, kind: str, picks: Iterable[Pick], user: str | None = None) -> Listing:
    """The answer that holds these picks, with the facts of each movie."""
    return listing_of(serving, kind, [item(serving.live, pick) for pick in picks], user)


def listing_of(serving: Serving, kind: str, items: list[Item], user: str | None = None) -> Listing:
    """The answer that holds these movies."""
    return Listing(kind, serving.recommender.version, str(serving.live.position), items, user)


def item(live: LiveState, pick: Pick) -> Item:
    """One movie of a list."""
    column = live.columns.get(pick.movie)
    facts = None if column is None else live.facts[column]
    if facts is None:
        return Item(pick.movie, None, None, (), None, pick.score)
    return Item(
        pick.movie,
        facts.title,
        facts.year,
        facts.genres or (),
        facts.poster,
        pick.score,
        reasons(live, pick) if pick.reasons else None,
    )


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
    column = live.columns.get(movie)
    facts = None if column is None else live.facts[column]
    return facts.title if facts else None
