"""What Prometheus is told: requests, latency, events, freshness, model, sizes."""

import os
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from matinee.serve.serving import Serving

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


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
        self._model = Gauge("model_info", "1 for the model version that is served.", ["version"], **latest)
        self._version = ""

    def render(self, serving: Serving) -> bytes:
        """All metrics as text."""
        self._measure(serving)
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            return generate_latest(together)
        return generate_latest(self._registry)

    def _measure(self, serving: Serving) -> None:
        live = serving.live
        self._users.set(len(live.users))
        self._movies.set(len(live.movies))
        self._events.set(sum(len(history) for history in live.users.values()))
        for partition, offset in enumerate(live.position):
            self._offset.labels(str(partition)).set(offset)
        if self._version and self._version != serving.recommender.version:
            self._model.labels(self._version).set(0)
        self._version = serving.recommender.version
        self._model.labels(self._version).set(1)
