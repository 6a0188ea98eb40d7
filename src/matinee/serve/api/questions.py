"""Questions that bring a body: lists for someone unknown, and scores."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from matinee.serve.api import answers
from matinee.serve.api.answers import answer, documented
from matinee.serve.api.lists import listing
from matinee.serve.api.parameters import Count, Genre, Id, Skip, Variety, Year, years
from matinee.serve.lists import ListQuery
from matinee.serve.serving import Serving


class RecommendationsQuestion(BaseModel):
    """What someone unknown likes and dislikes, in the order it came to mind."""

    model_config = ConfigDict(extra="forbid", strict=True)

    liked: list[Id] = Field(default=[], max_length=1000)
    disliked: list[Id] = Field(default=[], max_length=1000)
    exclude: list[Id] = Field(default=[], max_length=1000)
    k: Count = 10
    offset: Skip = 0
    genre: Genre = None
    year: Year = None
    variety: Variety = None


class ScoresQuestion(BaseModel):
    """The movies to be scored for a user."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user: Id
    movies: list[Id] = Field(min_length=1, max_length=10_000)


class QuestionRoutes:
    """`POST /recommendations` and `POST /scores`."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def install(self, router: APIRouter) -> None:
        """Add the routes."""
        router.add_api_route(
            "/recommendations",
            self.recommendations,
            methods=["POST"],
            responses=documented(answers.Listing, 400, 413, 422, 503),
        )
        router.add_api_route(
            "/scores", self.scores, methods=["POST"], responses=documented(answers.Scores, 400, 413, 422, 503)
        )

    async def recommendations(self, question: RecommendationsQuestion) -> Response:
        """A list for someone of whom only these likes and dislikes are known; nothing is stored."""
        recommender = await self._serving.fresh()
        query = ListQuery(
            question.k,
            question.offset,
            question.genre,
            years(question.year),
            exclude=tuple(question.exclude),
            variety=question.variety,
        )
        picks = recommender.recommend_to_stranger(question.liked, question.disliked, query)
        return answer(listing(self._serving, picks.kind, picks.picks))

    async def scores(self, question: ScoresQuestion) -> Response:
        """The score of each movie for a user, comparable within the answer; null for an unknown movie."""
        recommender = await self._serving.fresh()
        scores = recommender.scores(question.user, question.movies)
        scored = [answers.Scored(m, s) for m, s in zip(question.movies, scores, strict=True)]
        offset = str(self._serving.live.position)
        return answer(answers.Scores(question.user, recommender.version, offset, scored))
