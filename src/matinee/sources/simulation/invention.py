"""Movies that do not exist: titles, genres, years and overviews, for a catalogue where there is none."""

from datetime import date

import numpy as np

from matinee.events.types import Facts

_NOUNS = {
    "Action": ("Strike", "Convoy", "Bullet", "Pursuit", "Fuse", "Siege"),
    "Adventure": ("Island", "Expedition", "Map", "River", "Treasure", "Summit"),
    "Animation": ("Fox", "Lantern", "Toymaker", "Cloud", "Dragon", "Puddle"),
    "Comedy": ("Wedding", "Neighbour", "Holiday", "Mix-Up", "Reunion", "Soufflé"),
    "Crime": ("Heist", "Alibi", "Witness", "Ledger", "Accomplice", "Vault"),
    "Documentary": ("Harvest", "Orchestra", "Glacier", "Strike of '84", "Archive", "Marathon"),
    "Drama": ("Letters", "Daughter", "Silence", "Orchard", "Inheritance", "Winter"),
    "Fantasy": ("Witch", "Crown", "Oracle", "Forest", "Spell", "Kingdom"),
    "Horror": ("Cellar", "Whisper", "Hollow", "Ritual", "Visitor", "Asylum"),
    "Romance": ("Kiss", "Summer", "Promise", "Waltz", "Stranger", "Afternoon"),
    "Sci-Fi": ("Signal", "Orbit", "Colony", "Android", "Paradox", "Horizon"),
    "Thriller": ("Hostage", "Cipher", "Double", "Deadline", "Shadow", "Betrayal"),
    "War": ("Front", "Regiment", "Armistice", "Trench", "Bridge", "Deserter"),
    "Western": ("Saddle", "Canyon", "Sheriff", "Dust", "Homestead", "Outlaw"),
}
GENRES = tuple(_NOUNS)
_ADJECTIVES = (
    *("Last", "Silent", "Burning", "Golden", "Broken", "Hidden", "Endless", "Crimson", "Second"),
    *("Forgotten", "Electric", "Distant", "Crooked", "Velvet", "Midnight", "Borrowed", "Reluctant"),
)
_PLACES = (
    *("Lisbon", "the North", "Harbour Street", "Trieste", "the Valley", "Cape Town", "Room 12", "Kyoto"),
    *("the Borderlands", "Odessa", "the Long Night", "Valparaíso", "Tomorrow", "the Salt Lake"),
)
_HEROES = (
    *("a retired pilot", "two sisters", "a young cook", "an honest forger", "a night nurse", "a mapmaker"),
    *("a disgraced judge", "three old friends", "a violin maker", "a lighthouse keeper", "a rookie reporter"),
)
_TROUBLES = (
    *("finds a letter that was never sent", "is asked for one last favour", "loses everything in a day"),
    *("wakes up in someone else's life", "must cross the country in a week", "uncovers an old lie"),
    *("makes a bet that cannot be won", "falls for the wrong person", "inherits a house with a past"),
)
_ENDS = (
    *("and nothing is as it was.", "while time is running out.", "and learns what home means."),
    *("until the truth comes knocking.", "with a little help from a stranger.", "at a price nobody named."),
)
_LANGUAGES = ("en", "en", "en", "en", "en", "en", "fr", "es", "de", "ja", "hi", "ko")


def invent(rng: np.random.Generator, year: int, released: date | None = None) -> Facts:
    """The facts of a movie of `year` that nobody has made."""
    count = int(rng.choice([1, 2, 3], p=[0.35, 0.45, 0.2]))
    genres = tuple(GENRES[i] for i in sorted(rng.choice(len(GENRES), count, replace=False)))
    return Facts(
        title=_title(rng, genres[0]),
        year=year,
        genres=genres,
        overview=f"{_one(rng, _HEROES).capitalize()} {_one(rng, _TROUBLES)}, {_one(rng, _ENDS)}",
        language=_one(rng, _LANGUAGES),
        released=released or date(year, int(rng.integers(1, 13)), int(rng.integers(1, 29))),
        runtime=float(round(min(max(rng.normal(105, 18), 62), 190))),
    )


def _title(rng: np.random.Generator, genre: str) -> str:
    adjective, noun, place = _one(rng, _ADJECTIVES), _one(rng, _NOUNS[genre]), _one(rng, _PLACES)
    shapes = (
        f"The {adjective} {noun}",
        f"{noun} of {place}",
        f"{adjective} {noun}",
        f"The {noun} from {place}",
    )
    return f"{_one(rng, shapes)}{_one(rng, ('',) * 18 + (' II', ' Returns'))}"


def _one(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]
