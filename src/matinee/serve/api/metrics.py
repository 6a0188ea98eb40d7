"""What Prometheus is told: requests, latency, events, freshness, live quality, model, sizes."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from matinee.serve.quality import K, LiveQuality
from matinee.serve.serving import Serving

_LABELS = ["model", "users"]
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class _QualityCollector(Collector):
    """Live quality, which all processes share already: as one process has it, all have it."""

    def __init__(self, quality: LiveQuality) -> None:
        self._quality = quality

    def collect(self) -> Iterator[Metric]:
        """The rolling figures, how exact they are, and what became of the events."""
        figures = [each for each in self._quality.figures() if each.judged]
        for name, said, estimates in (
            ("hit_rate", f"HR@{K}", [each.hit_rate for each in figures]),
            ("ndcg", f"NDCG@{K}", [each.ndcg for each in figures]),
            ("mrr", "Mean reciprocal rank", [each.mrr for each in figures]),
        ):
            mean = GaugeMetricFamily(f"matinee_live_{name}", f"{said} of the latest events.", labels=_LABELS)
            error = GaugeMetricFamily(f"matinee_live_{name}_error", "Its standard error.", labels=_LABELS)
            for each, estimate in zip(figures, estimates, strict=True):
                for family, value in ((mean, estimate.value), (error, estimate.error)):
                    if value is not None:
                        family.add_metric([each.model, each.users], value)
            yield from (mean, error)
        outcomes = CounterMetricFamily(
            "matinee_live_judgements", "Events, by what became of judging by them.", labels=["outcome"]
        )
        for outcome, number in self._quality.outcomes().items():
            outcomes.add_metric([outcome], number)
        yield outcomes


def _of_all(quality: LiveQuality) -> bytes:
    registry = CollectorRegistry()
    registry.register(_QualityCollector(quality))
    return generate_latest(registry)


class Metrics:
    """The metrics of one process, or of all that share PROMETHEUS_MULTIPROC_DIR."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self._registry, "namespace": "matinee"}
        timed = {**own, "buckets": _SECONDS}
        latest = {**own, "multiprocess_mode": "mostrecent"}
        self.requests = Counter("requests", "Requests answered.", ["route", "method", "status"], **own)
        self.latency = Histogram("request_seconds", "Time to answer.", ["route"], **timed)
        self.events = Counter("events", "Events sent, by what became of them.", ["type", "outcome"], **own)
        described = "Places in users' lists, by what chose the movie: its score or exploration."
        self.places = Counter("list_places", described, ["chosen_by"], **own)
        described = "From receiving events to their place in the live state."
        self.freshness = Histogram("freshness_seconds", described, **timed)
        self._users = Gauge("live_users", "Users in the live state.", **latest)
        self._movies = Gauge("live_movies", "Movies in the live state.", **latest)
        self._events = Gauge("live_events", "Events in the live state.", **latest)
        self._offset = Gauge("live_offset", "Log offset of the live state.", ["partition"], **latest)
        described = "Seconds since the log was last heard of; 0 while it answers."
        self._silence = Gauge("log_silence_seconds", described, **latest)
        self._model = Gauge("model_info", "1 for the model version that is served.", ["version"], **latest)
        self._version = ""

    def render(self, serving: Serving) -> bytes:
        """All metrics as text."""
        self._measure(serving)
        return generate_latest(self._together()) + _of_all(serving.quality)

    def collect(self) -> Iterable[Metric]:
        """What all processes have counted, as it is now. Any thread may ask."""
        return self._together().collect()

    def _together(self) -> CollectorRegistry:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together

    def _measure(self, serving: Serving) -> None:
        live = serving.live
        self._users.set(len(live.users))
        self._movies.set(len(live.movies))
        self._events.set(sum(len(history) for history in live.users.values()))
        self._silence.set(serving.follower.silence)
        for partition, offset in enumerate(live.position):
            self._offset.labels(str(partition)).set(offset)
        if self._version and self._version != serving.recommender.version:
            self._model.labels(self._version).set(0)
        self._version = serving.recommender.version
        self._model.labels(self._version).set(1)
