"""Why a movie is recommended, as one sentence: made from the reasons, and saying no more than they do.

What the events gave is what all of them gave together: where that is nothing, or took away, or is next to
nothing beside popularity, none is a reason. The events at one movie count as one. It is named when it gave
at least half of what the strongest gave, two at most; one that says a dislike speaks for what is unlike its
movie. Where popularity gave half or more, it comes first; where the events that are not named gave more than
the named, that is said too, and where they gave nearly all, only the strongest is named.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from matinee.events.meaning import strength
from matinee.events.types import EventType, Facts
from matinee.serve.reasons import Reason

FactsOf = Callable[[str], Facts | None]
"""What is known of a movie."""
_NAMED = 2
_LITTLE = 0.05
"""Events that gave a smaller share than this of what speaks for a movie are no reason."""
_SOME = 0.2
"""Where those that would be named gave a smaller share than this of what all gave, each gave a little."""
_OWN = "of what you did with it yourself"
_NOTHING = 1e-4
"""Less than this, of a score whose reasons are around 1, is rounding."""


def sentence(
    reasons: Sequence[Reason],
    facts_of: FactsOf,
    *,
    known: bool,
    popular: bool = True,
    explored: bool = False,
    movie: str = "",
) -> str:
    """`reasons`, which sum to the score of one `movie`, in a sentence for the user.

    What the user did with the movie itself is told apart, and never as one of several events.
    `known` says whether the user has any event, `popular` whether popularity is the movie's own: else it is
    lent by what is like it. What is `explored` is listed because few have met it, and that is said first.
    """
    own = sum(each.gave for each in reasons if each.movie == movie)
    events = _by_movie(each for each in reasons if each.movie != movie)
    others = sum(each.gave for each in reasons if each.type == "other events")
    by_popularity = max(sum(each.gave for each in reasons if each.type == "popularity"), 0.0)
    by_events = sum(each.gave for each in events) + own + others
    speaks = by_popularity + max(by_events, 0.0)
    is_reason = by_events > max(_LITTLE * speaks, _NOTHING)
    cause = "" if not is_reason else _OWN if own > by_events / 2 else _cause(events, by_events, facts_of)
    if explored:
        return f"Listed because few have met it here yet{cause and f', and because {cause}'}."
    if speaks <= _NOTHING:
        return (
            "Nothing that is known of you speaks for it." if known else "Nothing is known that speaks for it."
        )
    if by_popularity < speaks / 2:
        return f"Because {cause}."
    fame = "opular now" if popular else "ike what is popular now"
    if cause:
        return f"Mostly because it is {'p' if popular else 'l'}{fame}, also because {cause}."
    return f"{'P' if popular else 'L'}{fame}{'' if known else ', and you are new here'}."


def name_of(movie: str, facts: Facts | None) -> str:
    """The title with the year, or what is known of both; without a title, the id."""
    if facts is None or not facts.title:
        return f"movie {movie}"
    return f"{facts.title} ({facts.year})" if facts.year else facts.title


def _by_movie(reasons: Iterable[Reason]) -> list[Reason]:
    """What the events at each movie gave together, most first, told by the last that speaks for it."""
    of_movie: dict[str, list[Reason]] = {}
    for each in reasons:
        if each.movie is not None:
            of_movie.setdefault(each.movie, []).append(each)
    together = [
        max(events, key=lambda each: (each.gave > 0, each.place))._replace(
            gave=sum(each.gave for each in events)
        )
        for events in of_movie.values()
    ]
    return sorted(together, key=lambda each: -each.gave)


def _cause(events: Sequence[Reason], together: float, facts_of: FactsOf) -> str:
    """What all events gave together, more than nothing, as a clause that names some of `events`."""
    named = [each for each in events[:_NAMED] if each.gave > _NOTHING and each.gave >= events[0].gave / 2]
    if not named:
        return "of your events taken together"
    given = sum(each.gave for each in named)
    is_much = given >= _SOME * together
    named = named if is_much else named[:1]
    did = [_did(each, facts_of) for each in named if not _is_against(each)]
    against = [_unlike(each, facts_of) for each in named if _is_against(each)]
    clauses = [
        *([f"you {_listed(did)}"] if did else []),
        *([f"it is {', and '.join(against)}"] if against else []),
    ]
    if given >= together / 2:
        return " and ".join(clauses)
    how_many = "several of your events together" if is_much else "many of your events, a little each"
    return f"of {how_many}, most of all because {' and '.join(clauses)}"


def _listed(deeds: Sequence[str]) -> str:
    """One or two deeds; a verb that both share is said once."""
    verb = deeds[0].partition(" ")[0] if deeds else ""
    return " and ".join([*deeds[:1], *(deed.removeprefix(f"{verb} ") for deed in deeds[1:])])


def _is_against(reason: Reason) -> bool:
    """Whether the event says that its user did not care for the movie."""
    return strength(cast("EventType", reason.type), reason.value) < 0


def _did(reason: Reason, facts_of: FactsOf) -> str:
    """What the user did, in the past tense: gave Heat (1995) 5 stars."""
    verb, how = _deed(reason)
    return f"{verb} {_name(reason, facts_of)} {how}".rstrip()


def _unlike(reason: Reason, facts_of: FactsOf) -> str:
    """The same of what the movie is not like: unlike Heat (1995), which you gave 1 star."""
    verb, how = _deed(reason)
    return f"unlike {_name(reason, facts_of)}, which you {verb} {how}".rstrip()


def _name(reason: Reason, facts_of: FactsOf) -> str:
    movie = reason.movie or ""
    return name_of(movie, facts_of(movie))


def _deed(reason: Reason) -> tuple[str, str]:
    """What stands before the movie, and after it."""
    match reason.type:
        case "like":
            return "liked", ""
        case "dislike":
            return "disliked", ""
        case "view" if strength("view", reason.value) < 0:
            return "stopped", "early"
        case "view":
            return "watched", ""
        case "rating":
            return "gave", _stars(reason.value)
        case _:
            return "reviewed", "" if reason.value is None else f"with {_stars(reason.value)}"


def _stars(value: float | None) -> str:
    return "a rating" if value is None else "1 star" if value == 1 else f"{value:g} stars"
