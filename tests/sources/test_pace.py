"""Emitting at a rate, by a clock that the test moves."""

from datetime import UTC, datetime

import pytest

from matinee.errors import SourceError
from matinee.events.types import Event
from matinee.sources.pace import pace, stamped

THEN = datetime(2020, 1, 1, tzinfo=UTC)


def events(count: int) -> list[Event]:
    return [Event(id=str(i), type="like", user="u", movie="m", at=THEN) for i in range(count)]


class Time:
    """A clock that only waiting moves, and that says stop at a given time."""

    def __init__(self, stop: float = 1e9) -> None:
        self.now = 100.0
        self._stop = 100.0 + stop

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.now >= self._stop


@pytest.mark.parametrize("rate", [0.5, 3, 100, 5000])
def test_as_many_as_the_rate_says_are_emitted_in_a_time(rate):
    time = Time(stop=60)
    sent: list[Event] = []
    count = pace(iter(events(301_000)), sent.extend, rate, wait=time.wait, clock=time.clock)
    assert count == len(sent)
    assert count == pytest.approx(60 * rate, abs=0.06 * rate + 2)


def test_all_are_emitted_in_order_and_then_it_ends():
    time = Time()
    sent: list[Event] = []
    assert pace(events(1000), sent.extend, 100, wait=time.wait, clock=time.clock) == 1000
    assert [event.id for event in sent] == [str(i) for i in range(1000)]
    assert time.now - 100 == pytest.approx(10, abs=0.2)


def test_a_slow_sink_is_caught_up_with_in_bounded_batches():
    time, sizes = Time(stop=30), []

    def emit(batch):
        sizes.append(len(batch))
        if len(sizes) == 10:
            time.now += 10

    pace(events(100_000), emit, 100, wait=time.wait, clock=time.clock, batch=200)
    assert max(sizes) == 200
    assert sum(sizes) == pytest.approx(3000, abs=30)


def test_it_stops_when_told_and_loses_nothing_that_it_counted():
    time = Time(stop=0)
    sent: list[Event] = []
    assert pace(events(10), sent.extend, 1, wait=time.wait, clock=time.clock) == len(sent) == 1


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_must_be_above_zero(rate):
    with pytest.raises(SourceError, match="the rate must be above 0"):
        pace([], print, rate, wait=Time().wait)


def test_stamped_events_happen_now_with_the_same_ids():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    movie = Event(id="m", type="movie", movie="m", at=THEN)
    one, two = stamped([*events(1), movie], lambda: now)
    assert (one.id, one.at) == ("0", now)
    assert two == movie
