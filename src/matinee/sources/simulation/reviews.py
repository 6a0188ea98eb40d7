"""What people write of a movie, by how much they enjoyed it."""

import numpy as np

from matinee.events.types import Facts

_OPENINGS = {
    "good": (
        "Loved {title}.",
        "What a film!",
        "{title} is a gem.",
        "I went in blind and was hooked.",
        "Wow.",
    ),
    "fair": (
        "{title} is fine.",
        "Not bad, not great.",
        "Good in parts.",
        "I expected a bit more of {title}.",
    ),
    "poor": ("{title} was not for me.", "I gave up on {title}.", "What a waste of an evening.", "Oh dear."),
}
_MIDDLES = {
    "good": (
        *("The best {genre} I have seen in a long time.", "The ending stayed with me for days."),
        *("Great cast, and not a minute too long.", "If you like {genre}, do not miss it."),
    ),
    "fair": (
        *("Decent {genre}, but you know how it ends.", "The first half drags, the second makes up for it."),
        *("Well acted, weakly written.", "Fine for a rainy Sunday."),
    ),
    "poor": (
        *("I usually like {genre}, but this one has no heart.", "The plot makes no sense at all."),
        *("Far too long.", "Nobody in it talks like a person."),
    ),
}
_CLOSINGS = {
    "good": ("Will watch again.", "10/10.", "Go and see it.", ""),
    "fair": ("Once is enough.", "Your mileage may vary.", ""),
    "poor": ("Skip it.", "Watch something else.", ""),
}


def write_review(rng: np.random.Generator, facts: Facts, enjoyment: float) -> str:
    """A few sentences by someone who enjoyed the movie by `enjoyment`, from 0 to 1."""
    mood = "good" if enjoyment > 0.65 else "fair" if enjoyment > 0.42 else "poor"
    genre = (facts.genres or ("drama",))[0].lower()
    parts = (_one(rng, kind[mood]) for kind in (_OPENINGS, _MIDDLES, _CLOSINGS))
    return " ".join(filter(None, parts)).format(title=facts.title or "this", genre=genre)


def _one(rng: np.random.Generator, sentences: tuple[str, ...]) -> str:
    return sentences[int(rng.integers(len(sentences)))]
