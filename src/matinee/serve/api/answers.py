"""What the API answers: structures that are both the encoder's input and the OpenAPI schema.

`…Answer` is what is said of a thing that has the plain name elsewhere.
"""

from typing import Any

import msgspec
from fastapi import Response

from matinee.jobs import Job
from matinee.serve.api.problems import Problem


class ReasonAnswer(msgspec.Struct, frozen=True):
    """What gave a part of a score: a past event, or `popularity` or `other events` where `movie` is null."""

    movie: str | None
    title: str | None
    type: str
    gave: float


class Item(msgspec.Struct, frozen=True):
    """A movie in a list. `reasons` sum to `score` and `why` says them; null where none were asked for.

    `explored` is there, and true, where few have met the movie and it is listed for that.
    Of a trend, `score` is the number of events in the window, `before` that in the window before it, and
    `series` that in each twentieth of the window, the oldest first. Of a search, `people` are those of the
    movie whom it named, where it named any.
    """

    movie: str
    title: str | None
    year: int | None
    genres: tuple[str, ...]
    poster: str | None
    score: float | None = None
    reasons: list[ReasonAnswer] | None = None
    why: str | None = None
    before: int | msgspec.UnsetType = msgspec.UNSET
    series: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    explored: bool | msgspec.UnsetType = msgspec.UNSET
    people: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Listing(msgspec.Struct, frozen=True):
    """A list of movies: what kind, by which model, as fresh as which offset."""

    kind: str
    model: str
    offset: str
    recommendations: list[Item]
    user: str | None = None


class Named(msgspec.Struct, frozen=True):
    """A movie and its title."""

    movie: str
    title: str | None


class Passed(msgspec.Struct, frozen=True):
    """A movie that another user liked, and what a list says of it."""

    movie: str
    title: str | None
    year: int | None
    genres: tuple[str, ...]
    poster: str | None


class NeighbourAnswer(msgspec.Struct, frozen=True):
    """Another user and how alike, from 0 to 1, less where little is known of them.

    `in_common` counts the movies at which both have events; `shared` are some that both liked. `passes_on`
    are some that the other liked and the user has no event at, the best for the user first.
    """

    user: str
    score: float
    in_common: int
    shared: list[Named]
    passes_on: list[Passed]


class Neighbours(msgspec.Struct, frozen=True):
    """Users like one user, most alike first, found among so many."""

    user: str
    offset: str
    among: int
    similar: list[NeighbourAnswer]


class FanAnswer(msgspec.Struct, frozen=True):
    """A user of a movie and what they said of it, from -1 to 1."""

    user: str
    strength: float
    at: str


class FutureFanAnswer(msgspec.Struct, frozen=True):
    """A user without an event at a movie, and by how many standard deviations it stands out for them."""

    user: str
    score: float


class Audience(msgspec.Struct, frozen=True):
    """Who likes a movie, and who, found among so many, would like it: the most first."""

    movie: str
    offset: str
    audience: list[FanAnswer]
    among: int
    would_like: list[FutureFanAnswer]


class Seen(msgspec.Struct, frozen=True):
    """One past event, and what a list says of its movie."""

    movie: str
    title: str | None
    year: int | None
    genres: tuple[str, ...]
    poster: str | None
    type: str
    value: float | None
    at: str


class HistoryAnswer(msgspec.Struct, frozen=True):
    """A user's events, newest first; `total` counts all that were asked for."""

    user: str
    offset: str
    total: int
    history: list[Seen]


class GenreTaste(msgspec.Struct, frozen=True):
    """A genre, the user's events in it and their mean strength from -1 to 1."""

    genre: str
    events: int
    strength: float


class Profile(msgspec.Struct, frozen=True):
    """What is known of a user."""

    user: str
    kind: str
    offset: str
    events: dict[str, int]
    mean_rating: float | None
    first: str | None
    last: str | None
    genres: list[GenreTaste]


class MovieAnswer(msgspec.Struct, frozen=True):
    """Everything known of a movie, and its events by type."""

    movie: str
    facts: dict[str, Any]
    events: dict[str, int]
    mean_rating: float | None
    offset: str


class Why(msgspec.Struct, frozen=True):
    """The score of a movie for a user, the reasons, the strongest first, which sum to it, and a sentence.

    `place` is where it stands in the user's list, from 1, by score, `among` so many that may be listed and
    are unseen; null if it is not one of them.
    """

    user: str
    movie: str
    title: str | None
    seen: bool
    model: str
    offset: str
    score: float
    reasons: list[ReasonAnswer]
    why: str
    place: int | None
    among: int


class Scored(msgspec.Struct, frozen=True):
    """A movie's score; null for a movie the model does not know."""

    movie: str
    score: float | None


class Scores(msgspec.Struct, frozen=True):
    """Scores for one user, in the order asked for."""

    user: str
    model: str
    offset: str
    scores: list[Scored]


class Rejected(msgspec.Struct, frozen=True):
    """An event that was not taken: where it stood, which field, what it was, which rule."""

    index: int
    field: str
    value: str
    reason: str


class Given(msgspec.Struct, frozen=True):
    """The id given to an event that brought none."""

    index: int
    id: str


class Receipt(msgspec.Struct, frozen=True):
    """What became of the events sent: counts, and the offset that covers them all."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]
    offset: str
    given: list[Given]


class ModelAnswer(msgspec.Struct, frozen=True):
    """A published model."""

    version: str
    active: bool
    created: str
    kind: str
    lake_version: int | None
    figures: dict[str, Any]
    settings: dict[str, Any]


class Models(msgspec.Struct, frozen=True):
    """The published models, newest first; what this process serves, and what a rollback activates."""

    serving: str
    models: list[ModelAnswer]
    before: str | None = None


class Serves(msgspec.Struct, frozen=True):
    """The version that is served now."""

    serving: str


class Jobs(msgspec.Struct, frozen=True):
    """What is known of every job."""

    jobs: list[Job]


class ChartAnswer(msgspec.Struct, frozen=True):
    """The rows of a chart, in drawing order, and what they show in a sentence."""

    chart: str
    says: str
    rows: list[dict[str, Any]]


class EstimateAnswer(msgspec.Struct, frozen=True):
    """A rolling mean and its standard error; null where too little is judged to say."""

    value: float | None
    error: float | None


class QualityAnswer(msgspec.Struct, frozen=True):
    """How one model does for returning or new users: `judged` since the start, `events` in the figures."""

    users: str
    model: str
    judged: int
    events: float
    hit_rate: EstimateAnswer
    ndcg: EstimateAnswer
    mrr: EstimateAnswer


class LiveQualityAnswer(msgspec.Struct, frozen=True):
    """How good recommendations are right now, at `k`, and what became of the events that could tell."""

    chart: str
    k: int
    outcomes: dict[str, int]
    rows: list[QualityAnswer]


class UserData(msgspec.Struct, frozen=True):
    """Everything that is stored of a user, place by place."""

    user: str
    events: list[dict[str, Any]]
    rejects: list[dict[str, Any]]
    recommendations: list[dict[str, Any]]


class Erasure(msgspec.Struct, frozen=True):
    """The receipt of an erasure: what was removed where, and the log offset that says so to everyone."""

    receipt: str
    at: str
    offset: str
    removed: dict[str, int]


class Welcome(msgspec.Struct, frozen=True):
    """What this is, and the paths of what is here."""

    name: str
    version: str
    api: str
    docs: str
    openapi: str
    health: str
    metrics: str


class Health(msgspec.Struct, frozen=True):
    """Whether the process is up, and what it has.

    `server` is the number of the process that was started to serve, which may have others answer; `stale`,
    while the log does not answer, for how many seconds.
    """

    status: str
    server: int
    offset: str | None = None
    model: str | None = None
    stale: float | None = None


_encode = msgspec.json.Encoder().encode


def answer(body: msgspec.Struct, status: int = 200) -> Response:
    """`body` as JSON."""
    return Response(_encode(body), status, media_type="application/json")


_documented: dict[type[msgspec.Struct], None] = {Problem: None}
"""What routes say that they answer."""


def documented(
    type_: type[msgspec.Struct], *problems: int, status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers `type_`, or a problem with one of these status codes."""
    _documented[type_] = None
    answers: dict[int | str, dict[str, Any]] = {status: _content(type_, "application/json")}
    for code in problems:
        answers[code] = _content(Problem, "application/problem+json")
    return answers


def _content(type_: type[msgspec.Struct], media_type: str) -> dict[str, Any]:
    return {
        "description": (type_.__doc__ or "").splitlines()[0],
        "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{type_.__name__}"}}},
    }


def schemas() -> dict[str, Any]:
    """The OpenAPI schemas of everything that routes answer."""
    return msgspec.json.schema_components(_documented, ref_template="#/components/schemas/{name}")[1]
