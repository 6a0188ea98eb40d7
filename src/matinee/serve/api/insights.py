"""Charts over the lake, and how good recommendations are right now."""

import asyncio
from typing import Annotated

import msgspec
from babel import Locale
from fastapi import APIRouter, Depends, Response

from matinee.serve.api import answers
from matinee.serve.api.answers import answer, documented
from matinee.serve.api.captions import caption
from matinee.serve.api.parameters import ChartParameters
from matinee.serve.quality import K
from matinee.serve.serving import Serving
from matinee.stores.interactions.base import EVERY_MOVIE, RANKED, Chart

_LANGUAGES = {**Locale("en").languages, "cn": "Cantonese", "xx": "No language"}
"""By their codes, with those of TMDB's own."""
_MOST = 1000
"""Rows of a ranked chart that its sentence is made of, however few are asked for."""


class InsightRoutes:
    """`/insights/{chart}`."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        quality = documented(answers.LiveQualityAnswer, 422)
        router.add_api_route("/insights/live-quality", self.quality, responses=quality)
        chart = documented(answers.ChartAnswer, 422, 503)
        router.add_api_route("/insights/{chart}", self.chart, responses=chart)

    async def quality(self) -> Response:
        """How good recommendations are right now, judged by what users do next; of all processes."""
        quality = self._serving.quality
        rows = msgspec.convert(quality.figures(), list[answers.QualityAnswer], from_attributes=True)
        return answer(answers.LiveQualityAnswer("live-quality", K, quality.outcomes(), rows))

    async def chart(
        self, chart: Chart, asked: Annotated[ChartParameters, Depends(ChartParameters.of)]
    ) -> Response:
        """The rows of a chart over the lake, of these movies, and a sentence that says what they show."""
        movies = asked.movies
        rows = await asyncio.to_thread(self._serving.interactions.chart, chart, _MOST, movies)
        if chart == "languages":
            rows = [row | {"name": _LANGUAGES.get(row["language"], row["language"])} for row in rows]
        says = caption(chart, rows, narrowed=movies != EVERY_MOVIE)
        return answer(answers.ChartAnswer(chart, says, rows[: asked.k] if chart in RANKED else rows))
