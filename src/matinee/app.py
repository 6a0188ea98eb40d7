"""The wiring of what needs a model: the one place that knows every room."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from matinee import replacing
from matinee.errors import SettingError
from matinee.evaluation.contenders import needs_spark
from matinee.evaluation.data import Data, read_lake, read_movielens
from matinee.evaluation.evaluate import evaluate
from matinee.evaluation.result import Evaluation
from matinee.evaluation.splits import On
from matinee.jobs import Jobs
from matinee.models import mllib
from matinee.models.registry import Registry
from matinee.pipeline import Pipeline
from matinee.progress import Progress, within
from matinee.serve.counts import Counts
from matinee.serve.lists import ListOptions
from matinee.serve.quality import LiveQuality
from matinee.serve.recommender import UNTRAINED, Recommender
from matinee.serve.serving import Serving
from matinee.serve.snapshot import restore
from matinee.serve.top_n import store_lists
from matinee.settings import load_settings
from matinee.training.contender import WITH_BLEND
from matinee.training.trainer import Engine, Trained, TrainOptions, train
from matinee.training.tuned import read_tuned, with_tuned
from matinee.training.tuning.objective import Objective
from matinee.training.tuning.report import Tuning
from matinee.training.tuning.tune import load_search, tune
from matinee.troubles import Troubles


class Matinee(Pipeline):
    """A pipeline with its models: trained on the lake, and served from the log."""

    @cached_property
    def registry(self) -> Registry:
        """The published models."""
        return Registry(self.folders.for_models(self.settings.models), self.settings.cache / "models")

    def serving(self) -> Serving:
        """What the API serves from; it closes what it was handed."""
        return Serving(
            log=self.log,
            registry=self.registry,
            catalogue=self.catalogue,
            interactions=self.interactions,
            restore=partial(restore, self.lake),
            export=self.export_user,
            erase=self.erase_user,
            warm_mb=self.settings.warm_mb,
            quality=self._quality(),
            judge_share=self.settings.judge_share,
            jobs=Jobs(self.settings),
            committed=partial(self.lake.committed, "events"),
            troubles=Troubles(self.settings.home),
            options=self._list_options,
        )

    def _quality(self) -> LiveQuality:
        """Live quality, shared where several processes serve."""
        workers = self.settings.workers
        return LiveQuality(workers, self.settings.metrics if workers > 1 else None)

    @property
    def _list_options(self) -> ListOptions:
        return ListOptions(self.settings.variety, self.settings.exploration)

    def recommender(self, options: ListOptions | None = None) -> Recommender:
        """A recommender over all that is durable now, with the active model; lists as the settings say."""
        live, options = self.live(), options or self._list_options
        version = self.registry.active()
        if version is None:
            return Recommender(live, Counts(live), (), version=UNTRAINED, keep=1, options=options).settled()
        model = self.registry.load(version).model
        return Recommender(live, model, model.movies, version=version, keep=1, options=options).settled()

    def train(
        self,
        progress: Progress,
        *,
        version: int | None = None,
        activate: bool = True,
        engine: Engine = "local",
    ) -> Trained:
        """Train on the lake, publish, and with an activated model store the Top-N of every user.

        Settings are those that `tune` found for this home, else the defaults.
        """
        options = TrainOptions(activate=activate, engine=engine)
        options = with_tuned(options, read_tuned(self.settings.tuned))
        part = within(progress, 0.0, 0.9)
        with self._spark(needed=engine == "spark"):
            trained = train(self.lake, self.registry, options=options, progress=part, version=version)
        if activate:
            lasting = replace(self._list_options, exploration=0.0)  # what is explored is for a day
            store_lists(
                self.recommender(lasting),
                self.log,
                self.lake,
                self.recommendations,
                within(progress, 0.9, 1.0),
            )
        return trained

    def evaluate(
        self,
        path: Path | None,
        protocol: str,
        models: Sequence[str],
        *,
        on: On,
        seed: int,
        signed: bool,
        progress: Progress,
    ) -> Evaluation:
        """The figures of these models on the MovieLens at `path`, or on the lake's own events."""
        data = self._data(path, signed, progress)
        with self._spark(needed=any(map(needs_spark, models))):
            return evaluate(
                data, protocol, models, on=on, seed=seed, contenders=WITH_BLEND, progress=progress
            )

    def _spark(self, *, needed: bool) -> AbstractContextManager[None]:
        return mllib.session(self.settings.spark_master) if needed else nullcontext()

    def _data(self, path: Path | None, signed: bool, progress: Progress) -> Data:
        return read_movielens(path, signed=signed, progress=progress) if path else read_lake(self.lake)

    def tune(
        self,
        model: str,
        path: Path | None,
        protocol: str,
        *,
        trials: int,
        seed: int,
        signed: bool,
        progress: Progress,
    ) -> Tuning:
        """Search the settings of a model on the validation, on the data of `evaluate`, going on where it was.

        Those of a part of the blend are kept for training if surely better than the defaults. Raises
        MissingExtraError when the library that searches is not installed.
        """
        search, settings = load_search(), self.settings
        objective = Objective.of(self._data(path, signed, progress), protocol, model, seed, WITH_BLEND)
        with self._spark(needed=needs_spark(model)):
            return tune(search, objective, settings.home / "tuning", settings.tuned, trials, progress)

    def may_keep(self, out: Path | None) -> None:
        """Raise SettingError when no result can be kept in `out`, by default in the folder of the home."""
        file = out or self.settings.home / "evaluations" / "result.json"
        with _kept(file):
            replacing.check(file)

    def keep(self, result: Evaluation | Tuning, out: Path | None) -> Path:
        """Write the result to the file `out`, by default one in the folder `evaluations` of the home."""
        file = out or self.settings.home / "evaluations" / result.name
        with _kept(file):
            replacing.replace(file, result.as_bytes(), 0o644)
        return file


@contextmanager
def _kept(file: Path) -> Iterator[None]:
    """The folder of a result is there, and an OSError says what a person can do about it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise SettingError(
            f"{file} cannot be written: {error.strerror or error}; name another --out"
        ) from error


def open_matinee(home: Path | None = None, **settings: Any) -> Matinee:
    """A Matinee with these settings over those of the environment and the file."""
    return Matinee(load_settings(home=home, **settings))
