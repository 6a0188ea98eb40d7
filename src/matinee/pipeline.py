"""The wiring of what needs no model: the ports that the settings name, and what is done with events.

Models are trained and served by `app`, which knows more, and takes a second longer to be imported.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from functools import cached_property, partial
from hashlib import blake2b
from itertools import islice, takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from matinee.events.types import Event
from matinee.lake.delta import Lake
from matinee.lake.folders import Folders, Taken
from matinee.lake.tables import TABLE_NAMES
from matinee.log import open_log
from matinee.log.base import Log, records_of
from matinee.privacy.erase import erase_user
from matinee.privacy.export import export_user
from matinee.progress import Progress, silent
from matinee.serve.follower import catch_up
from matinee.serve.live import LiveState
from matinee.serve.snapshot import lake_movies, restore
from matinee.settings import Settings
from matinee.sources.base import Emit, batched
from matinee.sources.load import load, open_ratings
from matinee.sources.pace import pace, stamped
from matinee.sources.post import posting
from matinee.sources.replay import replay
from matinee.sources.simulation.simulate import simulate
from matinee.stop import Stop
from matinee.stores.catalogue import open_catalogue
from matinee.stores.catalogue.base import Catalogue, Movie
from matinee.stores.interactions import open_interactions
from matinee.stores.interactions.base import Interactions
from matinee.stores.recommendations import open_recommendations
from matinee.stores.recommendations.base import Recommendations
from matinee.stream.commit import Committed, Stream, Told
from matinee.stream.engines import on_spark, read_by_spark
from matinee.stream.local import LocalStream
from matinee.stream.metrics import StreamMetrics


class Pipeline:
    """The ports of these settings, each opened at first use and closed together, and what flows through."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def log(self) -> Log:
        """The log."""
        return open_log(self.settings.log)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.settings.lake)

    @cached_property
    def folders(self) -> Folders:
        """The folders beside the lake's tables."""
        return Folders(self.settings.lake)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue of movies."""
        return open_catalogue(self.settings.catalogue)

    @cached_property
    def recommendations(self) -> Recommendations:
        """The store of Top-N lists."""
        return open_recommendations(self.settings.recommendations)

    @cached_property
    def interactions(self) -> Interactions:
        """Analytics."""
        return open_interactions(self.settings.interactions, self.settings.lake)

    def stream(self) -> LocalStream:
        """The local runner from the log to the lake; movies also go to the catalogue."""
        return self._local(self._told())

    @contextmanager
    def streaming(
        self, engine: str, on_batch: Callable[[Committed], None] = lambda _: None
    ) -> Iterator[Stream]:
        """A runner from the log to the lake, `local` or `spark`, which says its metrics where it is to.

        `on_batch` is told of every commit. Raises SettingError or MissingExtraError.
        """
        settings = self.settings
        metrics = StreamMetrics(settings.host, settings.stream_port) if settings.stream_port else None
        with closing(metrics) if metrics else nullcontext():

            def tell(done: Committed) -> None:
                if metrics:
                    metrics.take(done)
                on_batch(done)

            told = self._told(tell)
            if engine == "local":
                yield self._local(told)
                return
            place = read_by_spark(settings.log)
            _ = self.log  # which makes the topics
            options = (settings.micro_batch, settings.micro_batch_seconds)
            with on_spark(settings.spark_master, settings.jars, options, place, self.lake, told) as runner:
                yield runner

    def _local(self, told: Told) -> LocalStream:
        return LocalStream(
            self.log,
            self.lake,
            micro_batch=self.settings.micro_batch,
            seconds=self.settings.micro_batch_seconds,
            on_movies=told.on_movies,
            on_erased=told.on_erased,
            on_batch=told.on_batch,
        )

    def _told(self, on_batch: Callable[[Committed], None] | None = None) -> Told:
        """The catalogue, of movies, and the stored lists; a catalogue that was lost is filled again."""
        if not self.catalogue.count():
            self.catalogue.put(Movie(movie, facts) for movie, facts in lake_movies(self.lake))
        return Told(self.catalogue.put, self.recommendations.erase, on_batch)

    def live(self) -> LiveState:
        """The live state of everything durable now, for this process alone."""
        live = restore(self.lake)
        catch_up(self.log, live)
        return live

    def emit(self, events: list[Event]) -> int:
        """Make events durable in the log; return how many were new."""
        return len(events) - len(self.log.append(records_of(events)).duplicates)

    def emitting(self, to: str | None) -> AbstractContextManager[Emit]:
        """Where a source's events go: to the Matinee at the URL `to`, else into the log."""
        return posting(to) if to else nullcontext(self.emit)

    def load(self, path: Path, progress: Progress, rejects: Path | None = None) -> dict[str, Any]:
        """Load what `path` holds into the log; return counts. Unreadable rows go to the file `rejects`."""
        added = 0

        def emit(events: list[Event]) -> None:
            nonlocal added
            added += self.emit(events)

        known = {facts.tmdb: movie for movie, facts in self._movies() if facts.tmdb}
        with ExitStack() as stack:
            file = stack.enter_context(rejects.open("w", encoding="utf-8")) if rejects else None
            set_aside = (lambda row: print(*row, sep="\t", file=file)) if file else None
            loaded = load(path, emit, known_tmdb=known, progress=progress, set_aside=set_aside)
        return {
            "movies": loaded.movies,
            "ratings": loaded.ratings,
            "new events": added,
            "unreadable rows": loaded.unreadable,
            "why unreadable": [f"{file}: {why} ({n})" for (file, why), n in loaded.reasons.items()],
        }

    def load_input(self, progress: Progress) -> Iterator[Taken]:
        """Load what lies in the lake's input, and move each thing away; see `Folders.take`."""
        return self.folders.take(lambda path, rejects: self.load(path, progress, rejects))

    def _movies(self) -> list[Movie]:
        live = self.live()
        return [Movie(live.movies[column], facts) for column, facts in live.known()]

    def simulate(
        self,
        emit: Emit,
        stop: Stop,
        *,
        rate: float,
        events: int | None,
        seed: int,
        progress: Progress = silent,
    ) -> int:
        """Emit simulated events, `rate` a second or all at once for 0, until `stop`; return how many."""
        sent = 0

        def send(batch: list[Event]) -> None:
            nonlocal sent
            emit(batch)
            sent += len(batch)
            progress("simulating", sent, events)

        simulated = islice(simulate(self._movies(), seed), events)
        if rate == 0:
            for batch in takewhile(lambda _: not stop.is_set(), batched(simulated)):
                send(batch)
        else:
            pace(stamped(simulated), send, rate, wait=stop.wait)
        return sent

    def replay(
        self,
        path: Path,
        emit: Emit,
        stop: Stop,
        *,
        speed: float | None,
        restart: bool,
        to: str | None,
        progress: Progress,
    ) -> int:
        """Emit the ratings in `path` in true order, from where the last replay stopped; return how many."""
        told = f"{path.absolute()} {to or self.settings.log}"
        place = self.settings.home / "replays" / f"{blake2b(told.encode(), digest_size=8).hexdigest()}.json"
        if restart:
            place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        history = open_ratings(path)
        return replay(history, emit, wait=stop.wait, speed=speed, place_file=place, progress=progress)

    def table_sizes(self) -> dict[str, int]:
        """How many rows each table of the lake has."""
        return {name: self.lake.collect(self.lake.scan(name).select(pl.len())).item() for name in TABLE_NAMES}

    def export_user(self, user: str) -> dict[str, Any]:
        """Everything that is stored of `user`."""
        return self._with_stores(export_user)(user)

    def erase_user(self, user: str) -> dict[str, Any]:
        """Forget `user` everywhere and return the receipt."""
        return self._with_stores(erase_user)(user)

    def _with_stores(self, act: Callable[..., dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
        return partial(act, log=self.log, lake=self.lake, recommendations=self.recommendations)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every port that was opened."""
        for port in ("log", "catalogue", "recommendations", "interactions"):
            if port in self.__dict__:
                self.__dict__.pop(port).close()
