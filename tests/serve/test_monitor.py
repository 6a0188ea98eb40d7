"""What the monitor says is what happened: against a known load on two workers, and in small."""

import asyncio
import shutil
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from matinee.errors import LakeError
from matinee.log.base import Position
from matinee.serve.api.metrics import Metrics
from matinee.serve.api.sampler import Sample, Sampler, quantile
from matinee.serve.lag import StreamLag
from tests import support

BOUNDS = (0.001, 0.01, 0.1, float("inf"))


def counted(monitor: dict[str, Any], name: str) -> int:
    """How many there were, by their rate."""
    rate: float = monitor[name]
    return round(rate * float(monitor["seconds"]))


def test_a_known_load_is_told_by_every_worker(trained_home, tmp_path):
    home = shutil.copytree(trained_home, tmp_path / "home")
    with support.serving(home, workers=2) as url:

        def monitor() -> dict[str, Any]:
            found: dict[str, Any] = support.HTTP.get(f"{url}/v1/monitor").json()
            return found

        def beginnings() -> set[str]:
            return {each["at"] for _ in range(8) for each in monitor()["series"][:1]}

        support.await_until(lambda: len(beginnings()) == 2, "both workers have begun to count", 60)
        before = int(support.HTTP.get(f"{url}/v1/popular").json()["offset"])
        for number in range(30):
            assert support.HTTP.get(f"{url}/v1/popular").status_code == 200
            assert support.HTTP.get(f"{url}/v1/movies/none-{number}").status_code == 404
            kind = "like" if number % 3 else "view"
            event = {"type": kind, "user": f"m{number}", "movie": "1", "value": None}
            assert support.HTTP.post(f"{url}/v1/events", json=event).status_code == 202
        for _ in range(50):
            support.HTTP.get(f"{url}/metrics")

        found: list[dict[str, Any]] = []

        def seen() -> bool:
            found[:] = [monitor() for _ in range(8)]
            return all(
                counted(each, "requests_per_second") == 91 and each["stream"]["behind"] == 30
                for each in found
            )

        support.await_until(seen, "both workers tell of 91 requests and of a lake that lacks 30 events", 30)
        told = found[-1]
        assert counted(told, "refused_per_second") == 30
        assert told["errors_per_second"] == 0
        assert counted(told, "events_per_second") == 30
        assert round(told["likes_per_minute"] * told["seconds"] / 60) == 20
        assert 0 < told["latency"]["p50"] <= told["latency"]["p95"] <= told["latency"]["p99"] < 1
        assert 0 < told["freshness"]["p50"] <= told["freshness"]["p99"] < 1
        assert {each["route"] for each in told["routes"]} == {
            "/v1/popular", "/v1/movies/{movie}", "/v1/events"
        }  # fmt: skip
        assert round(5 * sum(point["requests_per_second"] for point in told["series"])) in range(89, 94)
        assert told["offset"] == str(before + 30)
        assert told["model"]["age_seconds"] > 0
        assert told["model"]["version"] in support.HTTP.get(f"{url}/health/ready").text
        assert told["stream"]["seconds"] >= 0
        assert len(told["quality"]) == 4
        support.run(home, "stream", "--once")
        support.await_until(
            lambda: all(monitor()["stream"] == {"behind": 0, "seconds": 0.0} for _ in range(8)),
            "the lake has all of it",
            20,
        )


@given(st.lists(st.floats(0, 0.2), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_in_the_bucket_of_the_true_one(values: Sequence[float], share: float):
    counts = np.array([float(sum(value <= bound for value in values)) for bound in BOUNDS])
    found = quantile(share, counts, BOUNDS)
    assert found is not None
    true = sorted(values)[max(int(np.ceil(share * len(values))) - 1, 0)]
    if true > BOUNDS[-2]:
        assert found == BOUNDS[-2]
    else:
        place = next(place for place, bound in enumerate(BOUNDS) if true <= bound)
        assert (BOUNDS[place - 1] if place else 0) <= found + 1e-12 <= BOUNDS[place] + 2e-12


def test_of_nothing_there_is_no_percentile():
    assert quantile(0.5, np.zeros(4), BOUNDS) is None
    assert quantile(0.5, np.zeros(0), BOUNDS) is None


def test_the_watching_is_not_counted_and_what_nobody_asks_is_null():
    metrics = Metrics()
    samples = []

    def take() -> Sample:
        samples.append(Sample.of(metrics.collect(), 0, 0, Position()))
        return samples[-1]

    sampler = Sampler(take)
    assert sampler.last(60) is None
    for route in ("/v1/monitor", "/metrics", "/health/live"):
        metrics.requests.labels(route, "GET", 200).inc()
        metrics.latency.labels(route).observe(0.1)
    sampler._sample()
    sampler._sample()
    last = sampler.last(60)
    assert last is not None
    assert last.answered() == 0
    assert last.latency(0.5) == [None]
    assert last.freshness(0.5) == [None]
    assert last.routes(10) == []


def test_a_sample_that_fails_ends_nothing():
    def take() -> Sample:
        raise OSError("the disk is gone")

    sampler = Sampler(take)
    sampler.start()
    sampler.stop()
    assert sampler.last(60) is None
    assert list(sampler.steps()) == []


def test_how_long_the_lake_lacks_something_is_as_was_seen():
    positions = iter([Position((3,)), Position((5,)), Position((5,))])
    registry = CollectorRegistry()
    Histogram("freshness_seconds", "x", namespace="matinee", registry=registry)
    sampler = Sampler(lambda: Sample.of(registry.collect(), 0, 0, next(positions)))
    for _ in range(3):
        sampler._sample()
        time.sleep(0.01)
    assert sampler.behind(Position((5,))) < 0.01
    assert 0.02 <= sampler.behind(Position((4,))) < sampler.behind(Position((2,)))


class FakeLog:
    def end(self) -> Position:
        return Position((7, 3))


@pytest.mark.parametrize("error", [LakeError("gone"), OSError("gone")])
def test_a_lake_that_cannot_be_read_is_no_error(error):
    def committed() -> Position:
        raise error

    assert support.awaited(StreamLag(FakeLog(), committed).now()) is None  # type: ignore[arg-type]


def test_the_lake_is_asked_seldom_and_waited_for_shortly(monkeypatch):
    monkeypatch.setattr("matinee.serve.lag._PATIENCE", 0.05)
    asked = []

    def committed() -> Position:
        asked.append(1)
        time.sleep(0.3)
        return Position((5,))

    async def story() -> None:
        lag = StreamLag(FakeLog(), committed)  # type: ignore[arg-type]
        assert await lag.now() is None
        async with asyncio.timeout(60):
            while (found := await lag.now()) is None:
                await asyncio.sleep(0)
        assert found.behind == 5
        for _ in range(10):
            await lag.now()

    support.awaited(story())
    assert len(asked) == 1


def test_what_was_known_before_a_lake_fell_silent_is_told_no_more(monkeypatch):
    for name, seconds in (("_PATIENCE", 0.05), ("_EVERY", 0.0), ("_OLD", 0.2)):
        monkeypatch.setattr(f"matinee.serve.lag.{name}", seconds)
    silent, ended = threading.Event(), threading.Event()

    def committed() -> Position:
        if silent.is_set():
            ended.wait()
        return Position((5,))

    async def story() -> None:
        lag = StreamLag(FakeLog(), committed)  # type: ignore[arg-type]
        try:
            async with asyncio.timeout(60):
                while await lag.now() is None:
                    await asyncio.sleep(0)
                silent.set()
                while await lag.now() is not None:
                    await asyncio.sleep(0)
        finally:
            ended.set()

    support.awaited(story())
