"""The parameters that several routes take, with their limits."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from matinee.errors import EventError

User = Annotated[str, Path(min_length=1, max_length=128, description="the id of a user")]
Movie = Annotated[str, Path(min_length=1, max_length=128, description="the id of a movie")]
K = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
Skip = Annotated[int, Query(alias="offset", ge=0, le=100_000, description="how many to leave out first")]
Genre = Annotated[str | None, Query(max_length=100, description="only of this genre, in any case")]
Year = Annotated[
    str | None,
    Query(
        max_length=9,
        pattern=r"^\d{4}(-\d{4})?$",
        description="only of this year, or from one to another: 1990-1999",
    ),
]
After = Annotated[
    str | None, Query(max_length=1000, description="answer only once this log offset is taken into account")
]
Exclude = Annotated[
    list[Annotated[str, Field(max_length=128)]] | None,
    Query(max_length=100, description="movies to leave out"),
]


def years(year: str | None) -> tuple[int, int] | None:
    """The first and last year of `1995` or `1990-1999`. Raises EventError for the wrong way round."""
    if year is None:
        return None
    first, _, last = year.partition("-")
    span = int(first), int(last or first)
    if span[0] > span[1]:
        raise EventError("year", year, "must be a year, or two with the earlier first")
    return span
