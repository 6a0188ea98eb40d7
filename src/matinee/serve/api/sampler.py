"""What all processes have counted, taken every few seconds, and what was counted between two moments.

Percentiles are those of Prometheus' `histogram_quantile`: linear within the bucket where the rank falls, the
first one beginning at 0; where it falls behind the last bound, that bound.
https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
"""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from prometheus_client.metrics_core import Metric

from matinee.log.base import Position
from matinee.telemetry import get_logger

EVERY = 5.0
"""Seconds between two samples."""
KEPT = 900.0
"""Seconds that samples are kept."""
UNCOUNTED = frozenset({"/v1/monitor", "/health/live", "/health/ready", "/metrics"})
"""Routes that watch: their requests are in no figure."""
Counts = npt.NDArray[np.float64]
"""How many took at most as long as each bound of the buckets."""
_log = get_logger("api")


@dataclass(frozen=True)
class Sample:
    """What was counted up to one moment, by route, and how far this process had the log."""

    at: datetime
    moment: float
    answered: dict[tuple[str, int], float]
    """By route and status."""
    latency: dict[str, Counts]
    freshness: Counts
    bounds: tuple[float, ...]
    """Seconds, the last of them infinite."""
    events: int
    likes: int
    position: Position

    @classmethod
    def of(cls, metrics: Iterable[Metric], events: int, likes: int, position: Position) -> "Sample":
        """The sample of now."""
        answered: defaultdict[tuple[str, int], float] = defaultdict(float)
        latency: defaultdict[str, dict[float, float]] = defaultdict(dict)
        freshness: dict[float, float] = {}
        for each in (sample for metric in metrics for sample in metric.samples):
            if each.name == "matinee_requests_total":
                answered[each.labels["route"], int(each.labels["status"])] += each.value
            elif each.name == "matinee_request_seconds_bucket":
                latency[each.labels["route"]][float(each.labels["le"])] = each.value
            elif each.name == "matinee_freshness_seconds_bucket":
                freshness[float(each.labels["le"])] = each.value
        counted = {route: _counts(by) for route, by in latency.items() if route not in UNCOUNTED}
        answers = {key: number for key, number in answered.items() if key[0] not in UNCOUNTED}
        bounds = tuple(sorted(freshness))
        now, moment = datetime.now(UTC), time.monotonic()
        return cls(now, moment, answers, counted, _counts(freshness), bounds, events, likes, position)


def _counts(by_bound: dict[float, float]) -> Counts:
    return np.array([by_bound[bound] for bound in sorted(by_bound)])


@dataclass(frozen=True)
class Between:
    """What was counted from one sample to a later one. Rates are a second's."""

    older: Sample
    newer: Sample

    @property
    def seconds(self) -> float:
        """So long."""
        return self.newer.moment - self.older.moment

    def answered(self, route: str | None = None, *, first: int = 0, last: int = 999) -> float:
        """The rate of requests answered with a status from `first` to `last`, at one route or all."""
        keys = [k for k in self.newer.answered if route in (None, k[0]) and first <= k[1] <= last]
        return sum(self.newer.answered[k] - self.older.answered.get(k, 0.0) for k in keys) / self.seconds

    def latency(self, *shares: float, route: str | None = None) -> list[float | None]:
        """Of each share the seconds that so many requests took at most, None where there were none."""
        routes = self.newer.latency if route is None else [route]
        counts = sum((self._of(each) for each in routes), start=np.zeros(1))
        return [quantile(share, counts, self.newer.bounds) for share in shares]

    def _of(self, route: str) -> Counts:
        return self.newer.latency[route] - self.older.latency.get(route, 0.0)

    def freshness(self, *shares: float) -> list[float | None]:
        """The same of the time from receiving events to their place in the live state."""
        counts = self.newer.freshness - self.older.freshness
        return [quantile(share, counts, self.newer.bounds) for share in shares]

    @property
    def events(self) -> float:
        """The rate of events of users; an erasure takes some back, and then it is 0."""
        return max(self.newer.events - self.older.events, 0) / self.seconds

    @property
    def likes(self) -> float:
        """The rate of likes."""
        return max(self.newer.likes - self.older.likes, 0) / self.seconds

    def routes(self, most: int) -> list[str]:
        """The routes that were asked, the busiest first."""
        rates = {route: self.answered(route) for route in self.newer.latency}
        return sorted((route for route in rates if rates[route]), key=lambda r: (-rates[r], r))[:most]


def quantile(share: float, counts: Counts, bounds: Sequence[float]) -> float | None:
    """The value that this share is at most, from how many are at most each bound; None where there are none.

    >>> quantile(0.5, np.array([10.0, 20.0, 20.0]), (1.0, 2.0, float("inf")))
    1.0
    >>> quantile(0.75, np.array([10.0, 20.0, 20.0]), (1.0, 2.0, float("inf")))
    1.5
    """
    total = float(counts[-1]) if len(counts) else 0.0
    if total <= 0:
        return None
    rank = share * total
    place = int(np.searchsorted(counts, rank))
    if place >= len(bounds) - 1:
        return float(bounds[-2])
    low, below = (float(bounds[place - 1]), float(counts[place - 1])) if place else (0.0, 0.0)
    return float(low + (bounds[place] - low) * (rank - below) / (float(counts[place]) - below))


class Sampler:
    """Takes a sample every `EVERY` seconds in a thread of its own, from `start` to `stop`."""

    def __init__(self, take: Callable[[], Sample]) -> None:
        self._take = take
        self._samples: deque[Sample] = deque(maxlen=round(KEPT / EVERY) + 1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin; the first sample is there when this returns."""
        self._sample()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(EVERY):
            self._sample()

    def _sample(self) -> None:
        try:
            self._samples.append(self._take())
        except Exception as error:  # a figure that is missing shall end nothing
            _log.warning("the figures of the monitor cannot be taken", exc_info=error)

    def last(self, seconds: float) -> Between | None:
        """What was counted in the last so many seconds; None before the second sample."""
        samples = list(self._samples)
        if len(samples) < 2:
            return None
        newest = samples[-1]
        within = [each for each in samples[:-1] if newest.moment - each.moment <= seconds + EVERY / 2]
        return Between((within or samples[-2:])[0], newest)

    def steps(self) -> Iterator[Between]:
        """What was counted from each sample to the next, oldest first."""
        return (Between(older, newer) for older, newer in pairwise(list(self._samples)))

    def behind(self, committed: Position) -> float:
        """For how many seconds at least the log has had what is not `committed`, as this process saw it."""
        now = time.monotonic()
        lacking = (each.moment for each in list(self._samples) if not committed.reaches(each.position))
        return now - next(lacking, now)
