"""What is served changes with what is active, and a model that could not be read is tried again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from matinee.app import open_matinee
from matinee.events.types import Event, Facts
from matinee.models.artifact import MANIFEST, Origin
from matinee.models.registry import Registry
from matinee.serve.recommender import UNTRAINED
from matinee.serve.serving import Serving
from matinee.stores.catalogue.base import Movie
from matinee.stores.catalogue.sqlite import SqliteCatalogue
from matinee.urls import local_path
from tests import support
from tests.models import worlds
from tests.models.contract import fitted

START = datetime(2026, 11, 21, tzinfo=UTC)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, at most half a minute."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


def published(registry: Registry, hours: int) -> str:
    return registry.publish(fitted(worlds.blend), Origin(START + timedelta(hours=hours)))


async def served(serving: Serving, version: str | None) -> None:
    await until(lambda: serving.recommender.version == version)


async def following(serving: Serving, story: Awaitable[None]) -> None:
    """What happens to who serves, `story` going on meanwhile."""
    await serving.start()
    follows = asyncio.create_task(serving.follow())
    await story
    follows.cancel()
    await asyncio.gather(follows, return_exceptions=True)
    serving.close()


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Registry:
    """With two models, of which the later one is active, and damaged; it is looked at all the time."""
    monkeypatch.setattr("matinee.serve.serving._LOOK_AT_MODELS_SECONDS", 0.01)
    with open_matinee(tmp_path) as matinee:
        for hours in (0, 1):
            published(matinee.registry, hours)
        manifest(matinee.registry).rename(tmp_path / MANIFEST)
        return matinee.registry


def manifest(registry: Registry) -> Path:
    return Path(local_path(registry.url)) / (registry.active() or "") / MANIFEST


def test_a_model_that_could_not_be_read_is_tried_again_after_a_while(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("matinee.serve.serving._RETRY_SECONDS", 0.1)
    with open_matinee(tmp_path) as matinee:
        serving = matinee.serving()

        async def mended() -> None:
            assert serving.recommender.version == UNTRAINED
            (tmp_path / MANIFEST).rename(manifest(registry))
            await served(serving, registry.active())

        support.awaited(following(serving, mended()))


def test_a_model_that_could_not_be_read_is_tried_when_it_is_activated_again(registry, tmp_path):
    with open_matinee(tmp_path) as matinee:
        serving = matinee.serving()

        async def mended() -> None:
            second = registry.active()
            assert serving.recommender.version == UNTRAINED
            (tmp_path / MANIFEST).rename(manifest(registry))
            await served(serving, published(registry, 2))
            registry.activate(second)
            await served(serving, second)

        support.awaited(following(serving, mended()))


def about(number: int) -> Event:
    facts = Facts(title=f"Heat {number}", genres=("Crime", "Drama"), released=date(1995, 12, number % 31 + 1))
    return Event(id=f"e{number}", type="movie", movie=f"m{number}", at=START, facts=facts)


def test_search_finds_what_only_the_log_tells_of(tmp_path):
    """A replica on a home of its own, in which no stream runs, fills its catalogue itself."""
    with open_matinee(tmp_path) as matinee:
        serving = matinee.serving()

        def found(words: str) -> list[str]:
            return [each.movie for each in matinee.catalogue.search(words, 5)]

        async def told() -> None:
            matinee.emit([about(number) for number in range(1000)])
            await until(lambda: matinee.catalogue.count() == 1000)
            matinee.emit([about(1000)])
            await until(lambda: found("heat 1000") == ["m1000"])

        support.awaited(following(serving, told()))


def test_a_catalogue_that_knows_all_is_not_written(tmp_path, monkeypatch):
    """As at every start of every process beside a stream."""
    put: list[str] = []
    honest = SqliteCatalogue.put

    def noted(catalogue: SqliteCatalogue, movies: Sequence[Movie]) -> None:
        put.extend(each.movie for each in movies)
        honest(catalogue, movies)

    with open_matinee(tmp_path) as matinee:
        matinee.emit([about(number) for number in range(300)])
        matinee.stream().drain()
    monkeypatch.setattr(SqliteCatalogue, "put", noted)
    with open_matinee(tmp_path) as matinee:
        serving = matinee.serving()

        async def told() -> None:
            matinee.emit([about(300)])
            await until(lambda: matinee.catalogue.count() == 301)

        support.awaited(following(serving, told()))
    assert put == ["m300"]
