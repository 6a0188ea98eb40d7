"""What is judged is the list of the moment before, of live events, each by one process, within the budget."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.metrics import MISSED
from matinee.events.types import Event, Facts
from matinee.serve.judge import Budget, Judge
from matinee.serve.lists import ListOptions, ListQuery
from matinee.serve.quality import LiveQuality
from matinee.serve.recommender import UNTRAINED, Ranks, Recommender
from tests import support
from tests.serve.world import NOON, PairModel, batch, liked, world

AT = 0
DAY = 86_400_000_000
"""The model of these tests does not ask when."""


def recommender(version: str = "v1", options: ListOptions | None = None, n: int = 12) -> Recommender:
    movies = [f"m{place}" for place in range(n)]
    return Recommender(
        world(n), PairModel(n), movies, version=version, keep=2, options=options, clock=lambda: AT
    )


def now_liked(user: str, movie: str, **changes: Any) -> Event:
    event = Event(id=f"{user}-{movie}", type="like", user=user, movie=movie, at=datetime.now(UTC))
    return msgspec.structs.replace(event, **changes)


def expected(before: Recommender, user: str, movie: str) -> tuple[int, int]:
    """Where `movie` stands in the whole list of `user`, and among what is popular and not seen."""
    own = [pick.movie for pick in before.recommend(user, ListQuery(k=100)).picks]
    popular = [pick.movie for pick in before.popular(ListQuery(k=100)) if pick.movie in own]
    return own.index(movie), popular.index(movie)


@given(st.sets(st.integers(0, 29), max_size=15), st.integers(0, 29), st.integers(0, 20))
def test_it_is_judged_by_the_ten_that_are_served_and_behind_them_by_score(seen, movie, day):
    options = ListOptions(variety=0.4, exploration=0.1)
    judged = recommender(options=options, n=30)
    judged.clock = lambda: day * DAY
    judged.live.take(batch([liked("ann", f"m{each}", each) for each in sorted(seen - {movie})], 40))
    listed = [pick.movie for pick in judged.recommend("ann", ListQuery(k=10)).picks]
    scores = judged.recommend("ann", ListQuery(k=30, variety=0)).picks
    by_score = sorted(scores, key=lambda pick: -pick.score)
    found = judged.ranks_before("ann", f"m{movie}", 99, day * DAY)
    if found is None:
        assert not seen - {movie}  # there is no such user yet
    elif f"m{movie}" in listed:
        assert found.own == listed.index(f"m{movie}")
    else:
        assert found.own == max(10, [pick.movie for pick in by_score].index(f"m{movie}"))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 11), st.integers(0, 9), st.booleans()), max_size=25),
    st.integers(1, 5),
)
def test_an_event_is_judged_by_the_list_of_the_moment_before_it(happened, at_once):
    events = [liked(f"u{user}", f"m{movie}", minute) for user, movie, minute, _ in happened]
    judged, before = recommender(), recommender()
    for start in range(0, len(events), at_once):
        some = events[start : start + at_once]
        judged.live.take(batch(some, 20 + start))
        for place, event in enumerate(some, 21 + start):
            past = before.live.users.get(event.user)
            seen = past is not None and before.live.columns[event.movie] in past.matrix()[:, 0]
            found = judged.ranks_before(event.user, event.movie, place, AT)
            if seen:
                assert found is None
            else:
                known = 0 if past is None else len(past)
                assert found == Ranks(known, *expected(before, event.user, event.movie))
            before.live.take(batch([event], place - 1))
            if happened[place - 21][3]:
                judged.recommend(event.user, ListQuery(k=12))
    for user in ("u0", "u1", "u2"):
        lists = [r.recommend(user, ListQuery(k=12)).picks for r in (judged, before)]
        assert [pick.movie for pick in lists[0]] == [pick.movie for pick in lists[1]]


def test_what_cannot_be_recommended_is_missed():
    made = recommender()
    hide = Event(id="hide", type="movie", movie="m1", at=NOON, facts=Facts(hidden=True))
    made.live.take(
        batch([liked("ann", "m2"), hide, liked("ann", "m1", 1), liked("ann", "unheard of", 2)], 20)
    )
    assert made.ranks_before("ann", "m1", 23, AT) == Ranks(1, MISSED, MISSED)
    assert made.ranks_before("ann", "unheard of", 24, AT) == Ranks(2, MISSED, MISSED)
    assert made.ranks_before("nobody", "m1", 25, AT) is None


def test_judging_pushes_out_nothing_that_is_warm():
    made = recommender()
    made.live.take(batch([liked(f"u{n}", "m3") for n in range(4)], 20))
    first = [made.recommend(f"u{n}", ListQuery(k=5)) for n in (0, 1)]
    made.live.take(batch([liked(f"u{n}", "m4", 1) for n in (2, 3)], 24))
    assert made.ranks_before("u2", "m4", 25, AT)
    assert made.ranks_before("u3", "m4", 26, AT)
    assert [made.recommend(f"u{n}", ListQuery(k=5)) for n in (0, 1)] == first
    assert all(made.recommend(f"u{n}", ListQuery(k=5)) is first[n] for n in (0, 1))


class Clock:
    """Stands still until it is told how much time has passed."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow:
    """In place of a recommender: knows every rank, and takes its time."""

    version = "v1"

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self.asked: list[int] = []

    def ranks_before(self, user: str, movie: str, offset: int, at: int) -> Ranks:
        self._clock.now += self._seconds
        self.asked.append(offset)
        return Ranks(1, 0, 20)


def judge_of(quality: LiveQuality, slow: Slow, share: float, clock: Clock) -> Judge:
    return Judge(quality, lambda: cast("Recommender", slow), share, clock)


def judged_by(made: Recommender, events: Sequence[Event]) -> LiveQuality:
    """What a judge makes of these events, when they are taken in at once."""
    quality = LiveQuality()

    async def judge() -> None:
        judge = Judge(quality, lambda: made, 0.5)
        made.live.on_taken = judge.offer
        made.live.take_appended(events, sum(made.live.position) + len(events))
        await judge.judge()

    support.awaited(judge())
    return quality


def test_events_are_told_apart():
    old, soon = datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC) + timedelta(hours=2)
    quality = judged_by(
        recommender(),
        [
            now_liked("ann", "m1"),  # of someone new
            now_liked("ann", "m2"),
            now_liked("ann", "m2"),  # seen
            now_liked("ann", "m3", type="dislike"),
            now_liked("ann", "m4", type="view", value=0.1),
            now_liked("ann", "unheard of", type="rating", value=4.5),
            now_liked("ann", "m5", at=old),
            now_liked("ann", "m6", at=soon),
            Event(id="about", type="movie", movie="m7", at=datetime.now(UTC), facts=Facts(year=2001)),
        ],
    )
    assert quality.outcomes() == {"judged": 3, "no-target": 3, "over-budget": 0, "not-live": 2, "failed": 0}
    judged = {each.users: each.judged for each in quality.figures()}
    assert judged == {"returning": 2, "new": 1}


def test_a_judgement_that_fails_is_told_and_ends_nothing(monkeypatch):
    made = recommender()
    right = made.ranks_before

    def wrong(user: str, movie: str, offset: int, at: int) -> Ranks | None:
        if movie == "m1":
            raise ZeroDivisionError
        return right(user, movie, offset, at)

    monkeypatch.setattr(made, "ranks_before", wrong)
    outcomes = judged_by(made, [now_liked("ann", "m1"), now_liked("ann", "m2")]).outcomes()
    assert (outcomes["failed"], outcomes["judged"]) == (1, 1)


def test_the_figures_are_of_the_list_before_the_event():
    made = recommender()
    made.live.take(batch([liked("ann", "m3")], 20))
    movie = made.recommend("ann", ListQuery(k=1)).picks[0].movie
    popular = [pick.movie for pick in made.popular(ListQuery(k=12)) if pick.movie != "m3"].index(movie)
    blend, other = judged_by(made, [now_liked("ann", movie)]).figures()[:2]
    assert (blend.model, blend.hit_rate.value, blend.mrr.value) == ("blend", 1.0, 1.0)
    assert (other.model, other.mrr.value) == ("popular", 1 / (popular + 1))


def test_nothing_is_judged_before_the_first_training():
    assert not any(judged_by(recommender(UNTRAINED), [now_liked("ann", "m1")]).outcomes().values())


@pytest.mark.parametrize("offsets", [range(7, 107), [*range(7, 60), *range(80, 127)]])
def test_every_event_is_looked_at_by_one_process(offsets):
    events = [now_liked(f"u{n}", "m1") for n in range(100)]
    asked: list[int] = []

    async def judge() -> None:
        for place in range(3):
            quality, clock = LiveQuality(3), Clock()
            quality.place = place
            slow = Slow(clock, 0.0)
            judge = judge_of(quality, slow, 0.5, clock)
            judge.offer(events, offsets)
            await judge.judge()
            asked.extend(slow.asked)

    support.awaited(judge())
    assert sorted(asked) == list(offsets)


@given(
    st.floats(0.001, 0.5),
    st.floats(1e-4, 0.5),
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 30)), min_size=1, max_size=30),
)
def test_judging_keeps_within_its_share_of_time(share, seconds, arrivals):
    clock, quality = Clock(), LiveQuality()
    slow = Slow(clock, seconds)

    async def judge() -> None:
        judge = judge_of(quality, slow, share, clock)
        for pause, number in arrivals:
            clock.now += pause
            judge.offer([now_liked(f"u{n}", "m1") for n in range(number)], range(1, number + 1))
            await judge.judge()

    support.awaited(judge())
    saved = 2 * share
    assert len(slow.asked) * seconds <= share * clock.now + saved + seconds + 1e-9
    outcomes = quality.outcomes()
    assert outcomes["judged"] == len(slow.asked)
    assert outcomes["judged"] + outcomes["over-budget"] == sum(number for _, number in arrivals)


def test_a_sample_is_even():
    clock, quality = Clock(), LiveQuality()
    slow = Slow(clock, 0.001)
    events = [now_liked(f"u{n}", "m1") for n in range(200)]

    async def judge() -> None:
        judge = judge_of(quality, slow, 0.02, clock)
        for _ in range(400):
            clock.now += 0.2
            judge.offer(events, range(1, 201))
            await judge.judge()

    support.awaited(judge())
    counts = np.bincount(slow.asked, minlength=201)[1:].reshape(4, 50).sum(axis=1)
    fair = counts.sum() / 4
    assert 1_000 < counts.sum() < 2_200  # 80 s and a bit, a fiftieth of it, a millisecond each
    assert np.all(np.abs(counts - fair) < 6 * np.sqrt(fair))


def test_a_rested_budget_is_certain_and_an_empty_one_never():
    clock = Clock()
    budget = Budget(0.02, clock)
    assert budget.odds() == 1
    clock.now += 0.2
    budget.spend(0.0)
    assert budget.odds() == 0
    clock.now += 8.5
    assert 0 < budget.odds() < 1
    clock.now += 100
    assert budget.odds() == 1
