"""Movies: search, facts, what is like them, who likes them, what is popular and trending."""

import asyncio
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response

from matinee.events.types import USER_EVENT_TYPES
from matinee.serve.api import answers
from matinee.serve.api.answers import answer, documented
from matinee.serve.api.lists import item, item_of, listing, listing_of
from matinee.serve.api.parameters import (
    AlikeParameters,
    AudienceParameters,
    MovieId,
    PopularParameters,
    SearchParameters,
    TrendParameters,
)
from matinee.serve.api.problems import NotFoundError
from matinee.serve.api.users import iso
from matinee.serve.lists import Pick
from matinee.serve.live import LiveState
from matinee.serve.masks import is_hidden, is_shown
from matinee.serve.neighbours import audience, would_like
from matinee.serve.serving import Serving
from matinee.stores.catalogue.base import Movie
from matinee.stores.catalogue.people import named
from matinee.stores.interactions.base import Trend

_SPARE = 50
"""How many more trends are asked for, so that hidden movies leave no gap."""


class MovieRoutes:
    """`/movies…`, `/popular` and `/trending`."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        for path, route, type_ in (
            ("/movies", self.search, answers.Listing),
            ("/movies/{movie}", self.movie, answers.MovieAnswer),
            ("/movies/{movie}/similar", self.similar, answers.Listing),
            ("/movies/{movie}/audience", self.audience, answers.Audience),
            ("/popular", self.popular, answers.Listing),
            ("/trending", self.trending, answers.Listing),
        ):
            router.add_api_route(path, route, responses=documented(type_, 404, 422, 503))

    async def search(self, asked: Annotated[SearchParameters, Depends(SearchParameters.of)]) -> Response:
        """The movies that match what a person typed, best first; without words, those with the most votes."""
        found = await asyncio.to_thread(self._serving.catalogue.search, asked.q, asked.k + _SPARE)
        await self._serving.fresh()
        facts_of = self._serving.live.facts_of
        found = [each for each in found if not is_hidden(facts_of(each.movie))][: asked.k]
        items = [_found(asked.q, each) for each in found]
        return answer(listing_of(self._serving, "search", items))

    async def movie(self, movie: MovieId) -> Response:
        """Everything known of a movie, and what people did with it."""
        await self._serving.fresh()
        live = self._serving.live
        column = live.columns.get(movie)
        if column is None:
            raise NotFoundError(f"movie {movie!r} is not known; GET /v1/movies?q= finds those that are")
        facts = msgspec.to_builtins(live.facts[column]) if live.facts[column] is not None else {}
        events, mean = _events(live, column)
        return answer(answers.MovieAnswer(movie, facts, events, mean, str(live.position)))

    async def similar(
        self, movie: MovieId, asked: Annotated[AlikeParameters, Depends(AlikeParameters.of)]
    ) -> Response:
        """The movies most like this one: to its users, by what is known of it, or both."""
        recommender = await self._serving.fresh()
        picks = recommender.similar(movie, asked.query, asked.by)
        if picks is None:
            raise NotFoundError(
                f"movie {movie!r} is not known to the model; GET /v1/movies?q= finds those that are"
            )
        return answer(listing(self._serving, "similar", picks))

    async def audience(
        self, movie: MovieId, asked: Annotated[AudienceParameters, Depends(AudienceParameters.of)]
    ) -> Response:
        """Of the latest 500 users of this movie, those who said the best of it, and who else would."""
        await self._serving.fresh()
        live = self._serving.live
        if movie not in live.columns:
            raise NotFoundError(f"movie {movie!r} is not known; GET /v1/movies?q= finds those that are")
        fans = [
            answers.FanAnswer(fan.user, fan.strength, iso(fan.at)) for fan in audience(live, movie, asked.k)
        ]
        tastes = self._serving.tastes
        others = [answers.FutureFanAnswer(*each) for each in would_like(live, tastes, movie, asked.k)]
        return answer(answers.Audience(movie, str(live.position), fans, len(tastes), others))

    async def popular(self, asked: Annotated[PopularParameters, Depends(PopularParameters.of)]) -> Response:
        """What someone gets of whom nothing is known."""
        recommender = await self._serving.fresh()
        picks = recommender.popular(asked.query)
        return answer(listing(self._serving, "popular", picks))

    async def trending(self, asked: Annotated[TrendParameters, Depends(TrendParameters.of)]) -> Response:
        """The movies with the most events of a type in a window: `score` now, `before` in the window before.

        As the stream last counted them, every few seconds while events come.
        """
        trends = await asyncio.to_thread(
            self._serving.interactions.trending, asked.window, asked.type, asked.k + _SPARE
        )
        await self._serving.fresh()
        facts_of = self._serving.live.facts_of
        shown = [trend for trend in trends if is_shown(facts_of(trend.movie))][: asked.k]
        return answer(listing_of(self._serving, "trending", [self._item(trend) for trend in shown]))

    def _item(self, trend: Trend) -> answers.Item:
        pick = Pick(trend.movie, float(trend.events))
        return msgspec.structs.replace(
            item(self._serving.live, pick), before=trend.before, series=trend.series
        )


def _found(query: str, movie: Movie) -> answers.Item:
    item, people = item_of(movie.movie, movie.facts), named(query, movie.facts)
    return msgspec.structs.replace(item, people=people) if people else item


def _events(live: LiveState, column: int) -> tuple[dict[str, int], float | None]:
    *counts, rating_sum = live.tallies.of(column)
    events: dict[str, int] = {
        type_: int(count) for type_, count in zip(USER_EVENT_TYPES, counts, strict=True) if count
    }
    ratings = events.get("rating", 0)
    return events, rating_sum / ratings if ratings else None
