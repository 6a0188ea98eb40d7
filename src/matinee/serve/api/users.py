"""What one user gets, did and is like."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from matinee.events.meaning import strength
from matinee.events.types import Facts
from matinee.serve.api import answers
from matinee.serve.api.answers import answer, documented
from matinee.serve.api.lists import listing, reasons, title
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.parameters import (
    HistoryParameters,
    ListParameters,
    MovieId,
    NeighboursParameters,
    ReasonsParameters,
    UserId,
)
from matinee.serve.api.problems import NotFoundError
from matinee.serve.history import PastEvent, UserHistory
from matinee.serve.lists import ListQuery
from matinee.serve.live import LiveState
from matinee.serve.neighbours import Neighbour, similar_users
from matinee.serve.reasons import SHOWN
from matinee.serve.serving import Serving


class UserRoutes:
    """`/users/{user}/…`."""

    def __init__(self, serving: Serving, metrics: Metrics) -> None:
        self._serving = serving
        self._by_score = metrics.places.labels("score")
        self._by_exploration = metrics.places.labels("exploration")

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        for path, route, type_ in (
            ("/recommendations", self.recommendations, answers.Listing),
            ("/history", self.history, answers.HistoryAnswer),
            ("/similar", self.similar, answers.Neighbours),
            ("/profile", self.profile, answers.Profile),
            ("/why/{movie}", self.why, answers.Why),
        ):
            router.add_api_route(f"/users/{{user}}{path}", route, responses=documented(type_, 404, 422, 503))

    async def recommendations(
        self, user: UserId, asked: Annotated[ListParameters, Depends(ListParameters.of)]
    ) -> Response:
        """The user's list, best first: personal, for a new user, or what is popular. Every user has one."""
        recommender = await self._serving.fresh(asked.after)
        picks = recommender.recommend(user, asked.query, reasons=SHOWN if asked.explain else 0)
        explored = sum(pick.explored for pick in picks.picks)
        self._by_exploration.inc(explored)
        self._by_score.inc(len(picks.picks) - explored)
        return answer(listing(self._serving, picks.kind, picks.picks, user))

    async def history(
        self, user: UserId, asked: Annotated[HistoryParameters, Depends(HistoryParameters.of)]
    ) -> Response:
        """What the user did, newest first."""
        await self._serving.fresh(asked.after)
        live = self._serving.live
        past = live.users.get(user) or UserHistory()
        column = None if asked.movie is None else live.columns.get(asked.movie, -1)
        places = range(len(past)) if column is None else past.places(column)
        newest = places[::-1][asked.offset : asked.offset + asked.k]
        seen = [_seen(live, past.row(place)) for place in newest]
        return answer(answers.HistoryAnswer(user, str(live.position), len(places), seen))

    async def similar(
        self, user: UserId, asked: Annotated[NeighboursParameters, Depends(NeighboursParameters.of)]
    ) -> Response:
        """The users whose taste is nearest to this one's, what both like and what they pass on."""
        recommender = await self._serving.fresh()
        live, tastes = self._serving.live, self._serving.tastes
        near = [_neighbour(live, each) for each in similar_users(recommender, tastes, user, asked.k)]
        return answer(answers.Neighbours(user, str(live.position), len(tastes), near))

    async def profile(self, user: UserId) -> Response:
        """What is known of the user: events by type, mean rating, genres with their mean strength."""
        recommender = await self._serving.fresh()
        kind = recommender.recommend(user, ListQuery(k=1)).kind
        return answer(_profile(self._serving.live, user, kind))

    async def why(
        self, user: UserId, movie: MovieId, asked: Annotated[ReasonsParameters, Depends(ReasonsParameters.of)]
    ) -> Response:
        """What past events gave to the score of this movie: the `k` strongest, and all others as one."""
        recommender = await self._serving.fresh(asked.after)
        pick = recommender.why(user, movie, asked.k)
        if pick is None:
            raise NotFoundError(
                f"movie {movie!r} is not known to the model; GET /v1/movies?q= finds those that are"
            )
        live = self._serving.live
        past = live.users.get(user) or UserHistory()
        seen = bool(past.places(live.columns.get(movie, -1)))
        return answer(
            answers.Why(
                user, movie, title(live, movie), seen, recommender.version, str(live.position), pick.score,
                reasons(live, pick), pick.why or "", *recommender.standing(user, movie),
            )
        )  # fmt: skip


def _seen(live: LiveState, event: PastEvent) -> answers.Seen:
    return answers.Seen(*_shown(live, live.movies[event.column]), event.type, event.value, iso(event.at))


def _shown(live: LiveState, movie: str) -> tuple[str, str | None, int | None, tuple[str, ...], str | None]:
    facts = live.facts_of(movie) or Facts()
    return movie, facts.title, facts.year, facts.genres or (), facts.poster


def _neighbour(live: LiveState, near: Neighbour) -> answers.NeighbourAnswer:
    shared = [answers.Named(movie, title(live, movie)) for movie in near.shared]
    passed = [answers.Passed(*_shown(live, movie)) for movie in near.passes_on]
    return answers.NeighbourAnswer(near.user, near.score, near.in_common, shared, passed)


def iso(at: float) -> str:
    """UTC microseconds as RFC 3339."""
    return datetime.fromtimestamp(at / 1e6, UTC).isoformat().replace("+00:00", "Z")


def _profile(live: LiveState, user: str, kind: str) -> answers.Profile:
    past = live.users.get(user) or UserHistory()
    events = [past.row(place) for place in range(len(past))]
    ratings = [event.value for event in events if event.type == "rating" and event.value is not None]
    genres: dict[str, list[float]] = {}
    for event in events:
        facts = live.facts[event.column]
        for genre in (facts.genres if facts else None) or ():
            genres.setdefault(genre, []).append(strength(event.type, event.value))
    tastes = [answers.GenreTaste(genre, len(all_), sum(all_) / len(all_)) for genre, all_ in genres.items()]
    return answers.Profile(
        user=user,
        kind=kind,
        offset=str(live.position),
        events=dict(Counter(event.type for event in events)),
        mean_rating=sum(ratings) / len(ratings) if ratings else None,
        first=iso(events[0].at) if events else None,
        last=iso(events[-1].at) if events else None,
        genres=sorted(tastes, key=lambda taste: (-taste.events, taste.genre)),
    )
