"""Judges recommendations by what happens next: "test, then train", beside the answering of requests.

An event of a user is judged by where its movie stood in the list that the user would have got the moment
before it, variety and exploration included. It is in the live state by then, as every answer must have it;
the state of before is that of the history without it and what came after. One process judges an event: that
whose row in the shared figures its ordinal falls to, whoever wrote it to the log.

Judged are positive events at movies new to their user. An event that happened more than an hour from now is
history that is being loaded or replayed, which the model may have been trained on: it is not live.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from matinee.events.meaning import strength
from matinee.events.types import USER_EVENT_TYPES, Event
from matinee.serve.quality import LiveQuality
from matinee.serve.recommender import UNTRAINED, Recommender
from matinee.telemetry import get_logger

_log = get_logger("judge")
Clock = Callable[[], float]
Placed = tuple[Event, int]
"""An event and its ordinal in the log."""
LIVE = timedelta(hours=1)
"""How far from now an event may have happened."""
_BURST_SECONDS = 2.0
"""A quiet time so long is saved up for a busy one."""
_CLAIM_SECONDS = 1.0


class Budget:
    """A share of time: a token bucket that holds what a few seconds give.

    Spent is at most `share` of the time that passes, the bucket, and the one piece of work that empties it.
    """

    def __init__(self, share: float, clock: Clock = time.perf_counter) -> None:
        self._share = share
        self._clock = clock
        self._full = self._left = share * _BURST_SECONDS
        self._looked = clock()

    def odds(self) -> float:
        """How likely the next event should be judged: certain from half a bucket on, never with none.

        With what is left they sink and rise slowly, so that each event of a busy time has an even chance,
        and not only those that come first after a pause.
        """
        now = self._clock()
        self._left = min(self._left + (now - self._looked) * self._share, self._full)
        self._looked = now
        return min(max(2 * self._left / self._full, 0.0), 1.0)

    def spend(self, since: float) -> None:
        """Take out the time since then, by the clock of the budget."""
        self._left -= self._clock() - since


class Judge:
    """Judges events in the thread of the event loop, one at a time, giving way after each."""

    def __init__(
        self,
        quality: LiveQuality,
        recommender: Callable[[], Recommender],
        share: float,
        clock: Clock = time.perf_counter,
    ) -> None:
        """`recommender` gives the one that serves now; `share` is that of this process's time."""
        self._quality = quality
        self._recommender = recommender
        self._clock = clock
        self._budget = Budget(share, clock)
        self._random = random.Random()  # noqa: S311 - a sample, not a secret
        self._draw = np.random.default_rng().random
        self._taken: list[tuple[Sequence[Event], Sequence[int]]] = []
        self._any = asyncio.Event()

    def offer(self, events: Sequence[Event], ordinals: Sequence[int]) -> None:
        """Events that the live state has just taken in. Costs next to nothing."""
        if events:
            self._taken.append((events, ordinals))
            self._any.set()

    async def run(self) -> None:
        """Judge what is offered, until cancelled."""
        while not self._quality.claim():  # a process that is ending still has its row
            await asyncio.sleep(_CLAIM_SECONDS)
            self._taken.clear()
        while True:
            await self._any.wait()
            await asyncio.sleep(0)  # first the answer to whoever sent them
            await self.judge()

    async def judge(self) -> None:
        """Judge what has been offered until now, or an even sample of it where the budget is too small."""
        since = self._clock()
        self._any.clear()
        taken, self._taken = self._taken, []
        if self._recommender().version == UNTRAINED:
            return
        odds = self._budget.odds()
        live = self._live([placed for each in taken for placed in self._sample(*each, odds)])
        self._random.shuffle(live)  # what the budget does not reach to is then any of them
        self._budget.spend(since)
        await self._each(live)

    def _sample(self, events: Sequence[Event], ordinals: Sequence[int], odds: float) -> Iterator[Placed]:
        """Of the events that fall to this process each with the same odds; the others are counted."""
        own = self._own(ordinals)
        places = np.arange(len(own)) if odds == 1 else np.flatnonzero(self._draw(len(own)) < odds)
        self._quality.count("over-budget", len(own) - len(places))
        return ((events[own[place]], ordinals[own[place]]) for place in places.tolist())

    def _own(self, ordinals: Sequence[int]) -> Sequence[int]:
        """The places of those that fall to this process."""
        processes, place = self._quality.processes, self._quality.place or 0
        if processes == 1:
            return range(len(ordinals))
        return [index for index, ordinal in enumerate(ordinals) if ordinal % processes == place]

    def _live(self, sample: list[Placed]) -> list[Placed]:
        now = datetime.now(UTC)
        first, last = now - LIVE, now + LIVE
        of_users = [each for each in sample if each[0].type in USER_EVENT_TYPES]
        live = [each for each in of_users if first <= each[0].at <= last]
        self._quality.count("not-live", len(of_users) - len(live))
        return live

    async def _each(self, live: Sequence[Placed]) -> None:
        for done, (event, ordinal) in enumerate(live):
            since = self._clock()
            if not self._budget.odds():
                self._quality.count("over-budget", len(live) - done)
                return
            try:
                self._judge(event, ordinal)
            except Exception as error:  # whatever it is, the lists that people get do not depend on it
                self._quality.count("failed")
                _log.exception("an event could not be judged", ordinal=ordinal, exc_info=error)
            self._budget.spend(since)
            await asyncio.sleep(0)

    def _judge(self, event: Event, ordinal: int) -> None:
        ranks = None
        if strength(event.type, event.value) > 0:
            at = round(event.at.timestamp() * 1e6)
            ranks = self._recommender().ranks_before(event.user, event.movie, ordinal, at)
        if ranks is None:
            self._quality.count("no-target")
        else:
            self._quality.add(ranks)
