"""What the API is handed: the ports, the live state and the active model, kept fresh."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from matinee.errors import EventError, MatineeError, ModelError
from matinee.events.types import Facts, updated
from matinee.jobs import Jobs
from matinee.log.base import Log, Position
from matinee.models.base import Served
from matinee.models.registry import Registry
from matinee.serve.counts import Counts
from matinee.serve.follower import Follower
from matinee.serve.judge import Judge
from matinee.serve.lists import ListOptions
from matinee.serve.live import LiveState
from matinee.serve.quality import LiveQuality
from matinee.serve.recommender import UNTRAINED, Recommender
from matinee.serve.tastes import Tastes
from matinee.serve.warm import LISTS_BYTES
from matinee.stores.catalogue.base import Catalogue, Movie
from matinee.stores.interactions.base import Interactions
from matinee.telemetry import get_logger
from matinee.troubles import Troubles

_log = get_logger("serve")
_AT_ONCE = 200
"""Movies that a new recommender follows before others may run: some tens of milliseconds if all are new."""
_LOOK_SECONDS = 0.05
"""How often it is looked whether a movie has come."""
_PAUSE_SECONDS = 0.002
"""Between two milliseconds of solving tastes, so that requests find the process free."""
_LOOK_AT_MODELS_SECONDS = 1.0
"""How often it is looked which model is active."""
_CATALOGUE_SECONDS = 1.0
"""How often what was learned of movies is told to the catalogue."""
_TOLD_AT_ONCE = 200
"""Movies that the catalogue is told of before requests run: so many take a few milliseconds."""
_RETRY_SECONDS = 60.0
"""After so long a model that was refused is tried again: what kept it from being read may have passed."""
_TASTES_SECONDS = 60.0
"""How old tastes may get before a question has them brought up to date."""


@dataclass
class Serving:
    """One process that serves, used from the event loop's thread only."""

    log: Log
    registry: Registry
    catalogue: Catalogue
    interactions: Interactions
    restore: Callable[[], LiveState]
    """Makes the live state of a lake snapshot; called once, in a thread."""
    export: Callable[[str], dict[str, Any]]
    erase: Callable[[str], dict[str, Any]]
    warm_mb: int
    """So many MB of states are kept."""
    quality: LiveQuality
    judge_share: float
    """The share of this process's time in which it may judge what it recommends; 0 is not at all."""
    jobs: Jobs
    committed: Callable[[], Position]
    """Up to where the lake has the log; may take long, or raise."""
    troubles: Troubles
    options: ListOptions = field(default_factory=ListOptions)
    after_timeout: float = 2.0
    follower: Follower = field(init=False)
    recommender: Recommender = field(init=False)
    tastes: Tastes = field(init=False)
    created: str | None = field(default=None, init=False)
    """When the model that is served was made; None before the first."""
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _refused: str | None = field(default=None, init=False)
    _retry_at: float = field(default=0.0, init=False)

    async def start(self) -> None:
        """Restore the live state, catch up with the log, load the active model: then it can answer.

        A damaged active model is logged, and what is most watched is served until there is a good one.
        """
        await asyncio.to_thread(self.log.append, ())  # so that the first event need not wait
        live = await asyncio.to_thread(self.restore)
        self.follower = Follower(self.log, live)
        await self.follower.to_end()
        self._serve(await self._made(UNTRAINED, Counts(live), ()))
        with suppress(ModelError):
            await self.reload()
        _log.info("ready", offset=str(live.position), users=len(live.users), model=self.recommender.version)

    async def follow(self) -> None:
        """Keep the live state at the log's end and the model the active one, until cancelled."""
        work = [
            self.follower.run(),
            self._watch_models(),
            self._admit_newcomers(),
            self._keep_catalogue(),
            self._keep_tastes(),
        ]
        if self.judge_share:
            judge = Judge(self.quality, lambda: self.recommender, self.judge_share)
            self.live.on_taken = judge.offer
            work.append(judge.run())
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)

    async def _watch_models(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AT_MODELS_SECONDS)
            try:
                active = await asyncio.to_thread(self.registry.active)
                if active != self._refused or monotonic() >= self._retry_at:
                    await self.reload()
            except (MatineeError, OSError) as error:
                _log.error("models cannot be watched", error=str(error))

    async def reload(self) -> str:
        """Serve the active model; where none is, go on with the present one. Return the version served.

        A model that cannot be loaded is logged and raised as ModelError; the present one keeps serving.
        """
        async with self._loading:
            return await self._reload()

    async def _reload(self) -> str:
        version = await asyncio.to_thread(self.registry.active)
        if version is None or version == self.recommender.version:
            return self.recommender.version
        try:
            loaded = await asyncio.to_thread(self.registry.load, version)
        except ModelError as error:
            self._refused, self._retry_at = version, monotonic() + _RETRY_SECONDS
            _log.error("model refused", model=version, reason=str(error), serving=self.recommender.version)
            raise
        self._refused = None
        model = loaded.model
        self._serve(await self._made(version, model, model.movies))
        self.created = loaded.manifest["created"]
        _log.info("model loaded", model=version)
        return version

    @property
    def live(self) -> LiveState:
        """The live state as it is now, which may be behind the log; see `fresh`."""
        return self.follower.live

    async def fresh(self, after: str | None = None) -> Recommender:
        """The recommender over everything durable at this moment, and at least up to offset `after`.

        Raises EventError for an `after` that is no offset, NotFreshError when it is not reached in time.
        """
        if after is None:
            await self.follower.catch_up()
        else:
            await self.follower.reach(self._position(after), self.after_timeout)
        return self.recommender

    def _position(self, after: str) -> Position:
        """The position written as `after`, which has a number for each partition of the log."""
        try:
            position = Position.parse(after)
        except EventError as error:
            raise EventError("after", after, error.rule) from error
        partitions = self.log.partitions
        if len(position) > partitions:
            raise EventError(
                "after", after, f"must be a whole number for each of {partitions} partition(s) of the log"
            )
        return position

    def _keep(self, model: Served) -> int:
        """How many users' states are kept."""
        return max(self.warm_mb * 1_000_000 // (model.state_bytes() + LISTS_BYTES), 1)

    async def _made(self, version: str, model: Served, movies: Sequence[str]) -> Recommender:
        """A recommender that has followed all that is known of movies; others are served meanwhile."""
        made = Recommender(
            self.live, model, movies, version=version, keep=self._keep(model), options=self.options
        )
        while made.refresh(_AT_ONCE):
            await asyncio.sleep(0)
        return made

    async def _admit_newcomers(self) -> None:
        """Let movies join the model between requests, so that these need not wait for them."""
        while True:
            await asyncio.sleep(0 if self.recommender.refresh() else _LOOK_SECONDS)

    async def _keep_catalogue(self) -> None:
        """Tell the catalogue what the live state learns of movies: where no stream runs, nobody else does."""
        told = 0
        while True:
            try:
                if told != self.live.changes:
                    told = await self._tell_catalogue(told)
            except (MatineeError, OSError) as error:
                _log.error("the catalogue cannot be told of movies", error=str(error))
            await asyncio.sleep(_CATALOGUE_SECONDS)

    async def _tell_catalogue(self, told: int) -> int:
        """Tell it what was learned after so many changes; return how many it knows then."""
        live, changes = self.live, self.live.changes
        columns = live.learned_since(told)
        news = [Movie(live.movies[column], live.facts[column] or Facts()) for column in columns]
        for start in range(0, len(news), _TOLD_AT_ONCE):
            await asyncio.to_thread(self._tell_news, news[start : start + _TOLD_AT_ONCE])
        return changes

    def _tell_news(self, movies: Sequence[Movie]) -> None:
        """Tell it what it does not have: a stream, or who served before, may have told it."""
        had = dict(self.catalogue.get([movie for movie, _ in movies]))
        news = [each for each in movies if updated(had.get(each.movie), each.facts) != had.get(each.movie)]
        if news:
            self.catalogue.put(news)

    def _serve(self, recommender: Recommender) -> None:
        self.recommender, self.tastes = recommender, Tastes(recommender)

    async def _keep_tastes(self) -> None:
        """Solve the tastes of the users between requests, and anew once they are old and asked for."""
        while True:
            tastes = self.tastes
            for _ in tastes.renew() if self.recommender.version != UNTRAINED else ():
                await asyncio.sleep(_PAUSE_SECONDS)
                if tastes is not self.tastes:
                    break
            old = monotonic() + _TASTES_SECONDS
            while tastes is self.tastes and not (tastes.asked and monotonic() > old):
                await asyncio.sleep(_LOOK_SECONDS)
                tastes.forget()

    def close(self) -> None:
        """Release the ports."""
        self.jobs.close()
        self.follower.close()
        for port in (self.log, self.catalogue, self.interactions, self.quality):
            port.close()
