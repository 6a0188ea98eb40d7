"""Replaying history by a clock that the test moves, stopped and gone on with anywhere."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import SourceError
from matinee.events.types import Event
from matinee.sources.load import open_ratings
from matinee.sources.replay import read_place, replay
from tests.sources.test_pace import Time
from tests.sources.writing import CSV, write_folder

START = datetime(2000, 1, 1, tzinfo=UTC)


class Moments:
    """A history of likes at the given seconds."""

    def __init__(self, seconds: list[float], name: str = "e") -> None:
        self.events = [
            Event(id=f"{name}{i}", type="like", user="u", movie="m", at=START + timedelta(seconds=s))
            for i, s in enumerate(seconds)
        ]

    def __len__(self) -> int:
        return len(self.events)

    def batches(self, start: int, size: int) -> Iterator[list[Event]]:
        for first in range(start, len(self), size):
            yield self.events[first : first + size]


def run(history, time, **options):
    sent: list[tuple[float, str]] = []
    count = replay(
        history,
        lambda batch: sent.extend((time.now - 100, event.id) for event in batch),
        wait=time.wait,
        clock=time.clock,
        **options,
    )
    assert count == len(sent)
    return sent


@pytest.mark.parametrize("speed", [1, 60, 0.5])
def test_events_come_when_their_time_has_come(speed):
    seconds = [0, 1, 1, 5, 600, 600.5]
    sent = run(Moments(seconds), Time(), speed=speed, batch=2)
    assert [id_ for _, id_ in sent] == [f"e{i}" for i in range(6)]
    for (when, _), due in zip(sent, seconds, strict=True):
        assert when == pytest.approx(due / speed, abs=2e-3)


def test_full_speed_does_not_wait():
    time = Time()
    assert len(run(Moments([0, 1e6, 2e6]), time)) == 3
    assert time.now == 100


def test_an_enormous_speed_is_full_speed():
    assert len(run(Moments([0, 1e9]), Time(), speed=1e300)) == 2


@given(seconds=st.lists(st.integers(0, 50), min_size=1, max_size=30).map(sorted), stops=st.data())
def test_stopped_anywhere_it_goes_on_with_the_next_event(seconds, stops, tmp_path_factory):
    place = tmp_path_factory.mktemp("replay") / "place.json"
    history, sent = Moments(seconds), []
    for _ in range(3):
        time = Time(stop=stops.draw(st.floats(0, 20)))
        sent += run(history, time, speed=1, place_file=place, batch=4)
    sent += run(history, Time(), place_file=place)
    assert [id_ for _, id_ in sent] == [event.id for event in history.events]
    assert read_place(place) == (len(history), history.events[-1].id)


def test_what_the_sink_refused_is_emitted_again(tmp_path):
    place, history = tmp_path / "place.json", Moments([0, 1, 2, 3])

    def refuse(_batch):
        raise OSError("disk full")

    run(history, Time(stop=0), place_file=place, batch=2)
    with pytest.raises(OSError, match="disk full"):
        replay(history, refuse, wait=Time().wait, place_file=place)
    assert [id_ for _, id_ in run(history, Time(), place_file=place)] == ["e2", "e3"]
    assert [file.name for file in tmp_path.iterdir()] == ["place.json"]


def test_nothing_is_left_at_the_end(tmp_path):
    place = tmp_path / "place.json"
    run(Moments([0, 1]), Time(), place_file=place)
    assert run(Moments([0, 1]), Time(), place_file=place) == []


@pytest.mark.parametrize("other", [Moments([0, 1, 2], "other"), Moments([0])])
def test_the_place_in_another_history_is_refused(other, tmp_path):
    place = tmp_path / "place.json"
    run(Moments([0, 1, 2]), Time(), place_file=place)
    with pytest.raises(SourceError, match="is of another history"):
        run(other, Time(), place_file=place)


def test_a_damaged_place_is_refused(tmp_path):
    (tmp_path / "place.json").write_text("{")
    with pytest.raises(SourceError, match="delete it to replay from the start"):
        run(Moments([0]), Time(), place_file=tmp_path / "place.json")


@pytest.mark.parametrize("speed", [0, -2, float("nan")])
def test_a_speed_must_be_above_zero(speed):
    with pytest.raises(SourceError, match="the speed must be above 0"):
        run(Moments([0]), Time(), speed=speed)


def test_movielens_is_a_history(tmp_path):
    history = open_ratings(write_folder(tmp_path / "ml", CSV))
    sent = run(history, Time(stop=700), speed=1, place_file=tmp_path / "place.json")
    sent += run(history, Time(), place_file=tmp_path / "place.json")
    assert [id_.split("/")[1] for _, id_ in sent] == ["2", "1", "2", "1"]


def test_a_path_without_ratings_is_no_history(tmp_path):
    with pytest.raises(SourceError, match="holds no ratings"):
        open_ratings(write_folder(tmp_path, {"movies.csv": CSV["movies.csv"]}))
