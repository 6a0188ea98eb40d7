"""Valid events of every type, and what is known of movies."""

from datetime import UTC, date, datetime
from functools import partial

from hypothesis import strategies as st

from matinee.events.types import Event, Facts

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)

characters = st.characters(exclude_categories=["Cs"])
printable = partial(st.characters, exclude_categories=["C", "Z"], include_characters=" ")  # str.isprintable
ids = st.text(printable(), min_size=1, max_size=128)
names = st.text(printable(exclude_characters="/"), min_size=1, max_size=128)
texts = st.text(characters, min_size=1, max_size=200)
words = st.lists(st.text(characters, min_size=1, max_size=100), max_size=5).map(tuple)
stars = st.floats(0.5, 5)
times = st.datetimes(datetime(1900, 1, 1), datetime(2024, 5, 2, 12), timezones=st.just(UTC))  # noqa: DTZ001


def _maybe(strategy):
    return st.none() | strategy


facts = st.builds(
    Facts,
    title=_maybe(texts),
    year=_maybe(st.integers(1870, 2200)),
    genres=_maybe(words),
    overview=_maybe(st.text(characters, max_size=200)),
    tags=_maybe(words),
    people=_maybe(words),
    language=_maybe(st.text(characters, min_size=2, max_size=20)),
    released=_maybe(st.dates(date(1870, 1, 1))),
    runtime=_maybe(st.floats(0, 100_000)),
    votes=_maybe(st.integers(0, 2**53)),
    vote_average=_maybe(st.floats(0, 10)),
    popularity=_maybe(st.floats(0, 1e9)),
    poster=_maybe(st.text(characters, max_size=500)),
    imdb=_maybe(st.text(characters, max_size=20)),
    tmdb=_maybe(st.text(characters, max_size=20)),
    hidden=_maybe(st.booleans()),
)


def _event(type_, **fields):
    source = _maybe(st.text(characters, max_size=128))
    return st.builds(Event, id=ids, type=st.just(type_), at=times, source=source, **fields)


of_users = st.one_of(
    _event("view", user=names, movie=names, value=_maybe(st.floats(0, 604_800))),
    _event("like", user=names, movie=names),
    _event("dislike", user=names, movie=names),
    _event("rating", user=names, movie=names, value=stars),
    _event("review", user=names, movie=names, text=texts, value=_maybe(stars)),
)
retracts = _event("retract", user=names, movie=names, of=times)
events = st.one_of(of_users, retracts, _event("movie", movie=names, facts=facts), _event("erase", user=names))
