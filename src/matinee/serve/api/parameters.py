"""The parameters that routes take, with their limits.

FastAPI's own way with nine parameters takes longer than the list that is asked for with them, and passes
over those it does not know; so what stands behind the question mark is read into one Pydantic model.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matinee.errors import EventError
from matinee.serve.lists import ListQuery
from matinee.serve.recommender import Likeness
from matinee.stores.interactions.base import MovieFilter, TrendType, Window

MOST_PARAMETERS = 200
MOST_EXPLAINED = 100
Id = Annotated[str, Field(min_length=1, max_length=128)]
UserId = Annotated[Id, Path(description="the id of a user")]
MovieId = Annotated[Id, Path(description="the id of a movie")]
Count = Annotated[int, Field(ge=1, le=1000, description="how many at most")]
Skip = Annotated[int, Field(ge=0, le=100_000, description="how many to leave out first")]
Genre = Annotated[str | None, Field(max_length=100, description="only of this genre, in any case")]
Year = Annotated[
    str | None,
    Field(
        max_length=9,
        pattern=r"^\d{4}(-\d{4})?$",
        description="only of this year, or from one to another: 1990-1999",
    ),
]
After = Annotated[
    str | None, Field(max_length=4_096, description="answer only once this log offset is taken into account")
]
Variety = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        description="from 0, the order of the scores, to 1: how much the list avoids to repeat itself",
    ),
]
Exclude = Annotated[list[Id], Field(max_length=100, description="movies to leave out")]


class Parameters(BaseModel):
    """What may stand behind the question mark of a route; anything else is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    several: ClassVar[frozenset[str]] = frozenset()
    """Those that may be given more than once."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Note which fields are lists."""
        cls.several = frozenset(
            name for name, field in cls.model_fields.items() if get_origin(field.annotation) is list
        )

    @classmethod
    async def of(cls, request: Request) -> Self:
        """What `request` asks for. Raises RequestValidationError or EventError naming what is wrong."""
        query = request.scope["query_string"]
        try:
            return cls.model_validate(cls._given(query) if query else {})
        except ValidationError as error:
            errors = [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
            raise RequestValidationError(errors) from error

    @classmethod
    def _given(cls, query: bytes) -> dict[str, str | list[str]]:
        given: dict[str, Any] = {}
        try:
            pairs = parse_qsl(query.decode(), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except (ValueError, UnicodeDecodeError) as error:
            raise EventError(
                "query", query[:80].decode("latin-1"), f"must be parameters ({error})"
            ) from error
        for name, value in pairs:
            if name not in cls.model_fields:
                known = ", ".join(cls.model_fields) or "none"
                raise EventError(name, value, f"is no parameter of this route, which takes {known}")
            if name in cls.several:
                given.setdefault(name, []).append(value)
            elif name in given:
                raise EventError(name, value, "is given twice")
            else:
                given[name] = value
        return given

    @classmethod
    def documented(cls) -> list[dict[str, Any]]:
        """The OpenAPI description of each."""
        schema = cls.model_json_schema()
        return [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": each}
            | ({"description": each["description"]} if "description" in each else {})
            for name, each in schema.get("properties", {}).items()
        ]


class Route(APIRoute):
    """A route with the parameters of its handler's `Parameters`, or with none, and never with others."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As APIRoute."""
        taken = [type_ for type_ in _annotations(endpoint) if issubclass(type_, Parameters)]
        if not taken:
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(NoParameters.of)]
        documented = [parameter for type_ in taken for parameter in type_.documented()]
        options["openapi_extra"] = {**(options.get("openapi_extra") or {}), "parameters": documented}
        super().__init__(path, endpoint, **options)


def _annotations(endpoint: Callable[..., Any]) -> Iterator[type]:
    for parameter in inspect.signature(endpoint).parameters.values():
        type_ = get_args(parameter.annotation)[0] if get_args(parameter.annotation) else parameter.annotation
        if isinstance(type_, type):
            yield type_


class NoParameters(Parameters):
    """Of a route that takes none."""


class NeighboursParameters(Parameters):
    """Of the users like one, each of whom is compared with it movie by movie."""

    k: Annotated[int, Field(ge=1, le=100, description="how many at most")] = 10


class AudienceParameters(Parameters):
    """Of the users of a movie."""

    k: Count = 10


class HistoryParameters(Parameters):
    """Of what a user did."""

    k: Count = 100
    offset: Skip = 0
    movie: Annotated[Id | None, Field(description="only what was done with this movie")] = None
    after: After = None


class ReasonsParameters(Parameters):
    """Of the reasons for one movie."""

    k: Count = 20
    after: After = None


class SimilarParameters(Parameters):
    """Of a list of movies that is nobody's."""

    k: Count = 10
    offset: Skip = 0
    genre: Genre = None
    year: Year = None

    @property
    def query(self) -> ListQuery:
        """The same for a recommender. Raises EventError for years the wrong way round."""
        return ListQuery(self.k, self.offset, self.genre, years(self.year))


class PopularParameters(SimilarParameters):
    """Of what is popular."""

    exclude: Exclude = []
    variety: Variety = None

    @property
    def query(self) -> ListQuery:
        """The same for a recommender. Raises EventError for years the wrong way round."""
        return replace(super().query, exclude=tuple(self.exclude), variety=self.variety)


class ListParameters(PopularParameters):
    """Of a user's list."""

    after: After = None
    explain: bool = False
    include_seen: bool = False

    @property
    def query(self) -> ListQuery:
        """The same for a recommender. Raises EventError for years the wrong way round."""
        if self.explain and self.k > MOST_EXPLAINED:
            raise EventError("k", self.k, f"must be at most {MOST_EXPLAINED} with explain")
        return replace(super().query, include_seen=self.include_seen)


class SearchParameters(Parameters):
    """Of a search."""

    q: Annotated[str, Field(max_length=200, description="words, or the beginning of one")] = ""
    k: Count = 10


class AlikeParameters(SimilarParameters):
    """Of the movies like one."""

    by: Annotated[
        Likeness | None, Field(description="by what users do, or by facts alone; by both without it")
    ] = None


class TrendParameters(Parameters):
    """Of what is trending."""

    window: Annotated[Window, Field(description="how far back from the newest event")] = "1d"
    type: Annotated[TrendType, Field(description="events of which type")] = "view"
    k: Count = 10


class ChartParameters(Parameters):
    """Of a chart."""

    k: Count = 100
    movie: Annotated[Id | None, Field(description="only of this movie")] = None
    genre: Genre = None
    year: Year = None
    language: Annotated[str | None, Field(max_length=20, description="only of this language, as `en`")] = None

    @property
    def movies(self) -> MovieFilter:
        """The movies that it is to be of. Raises EventError for years the wrong way round."""
        return MovieFilter(self.movie, self.genre, years(self.year), self.language)


def years(year: str | None) -> tuple[int, int] | None:
    """The first and last year of `1995` or `1990-1999`. Raises EventError for the wrong way round."""
    if year is None:
        return None
    first, _, last = year.partition("-")
    span = int(first), int(last or first)
    if span[0] > span[1]:
        raise EventError("year", year, "must be a year, or two with the earlier first")
    return span
