"""Training with Spark: the same artifact whatever the ids, evaluated and tuned like the embedded one."""

from dataclasses import replace

import numpy as np
import polars as pl

from matinee.evaluation.contenders import contender
from matinee.evaluation.data import read_movielens
from matinee.evaluation.evaluate import evaluate
from matinee.evaluation.metrics import Figure
from matinee.models.blend import PARTS
from matinee.models.mllib import ExplicitOptions, MllibOptions
from matinee.models.registry import Registry
from matinee.progress import silent
from matinee.training.contender import WITH_BLEND
from matinee.training.trainer import train
from matinee.training.tuned import read_tuned
from matinee.training.tuning.objective import Objective
from matinee.training.tuning.search import search
from matinee.training.tuning.tune import load_search, tune
from tests import support
from tests.evaluation.worlds import lives
from tests.models.worlds import close, folded
from tests.models.worlds import history as lived
from tests.spark import spark
from tests.training import test_trainer, worlds

OPTIONS = replace(
    test_trainer.OPTIONS,
    engine="spark",
    spark_als=MllibOptions(factors=8, iterations=3),
    stars=ExplicitOptions(iterations=3),
)
HUGE = "99999999999999999999999999999999999999"
"""More than any integer of Spark's holds; some ids begin with it, and differ at the end alone."""


def renamed(events: pl.DataFrame) -> pl.DataFrame:
    """Ids as big as they come, rated too."""
    stars = (pl.col("strength") * 2 + 3).cast(pl.Float64)
    ids = {name: pl.lit(HUGE) + pl.col(name).str.slice(1) for name in ("user", "movie")}
    return events.with_columns(**ids, type=pl.lit("rating"), value=stars)


def test_it_publishes_the_same_artifact_whatever_the_ids(tmp_path):
    spark()
    lake = worlds.Lake(renamed(worlds.lives()), worlds.movies().clear())
    registry = Registry(f"file://{tmp_path}/models", tmp_path / "cache")
    trained = train(lake, registry, options=OPTIONS)
    assert set(trained.figures) == {"blend", *PARTS}
    assert trained.figures["ials"].ndcg.value > trained.figures["popular"].ndcg.value
    assert trained.stars is not None
    assert min(trained.stars.targets, trained.stars.dropped) > 10
    published = registry.load()
    assert {path.suffix for path in (tmp_path / "models" / trained.version).iterdir()} == {".npy", ".json"}
    told = published.manifest["figures"]["spark-als-explicit"]
    assert told["rmse"]["value"] == trained.stars.rmse.value
    assert published.manifest["settings"]["parts"]["ials"]["scaled"] is True
    model = published.model
    assert model.movies == tuple(f"{HUGE}{movie:02}" for movie in range(30))
    history = lived((3, 1.0), (6, 0.6), (4, -0.5), (9, 1.0))
    state = folded(model, history)
    assert close(model.scores(state), model.scores(model.state(history)))
    terms = np.vstack([model.explain(state, history, np.arange(30, dtype=np.int32)), model.base(state)])
    assert close(terms.sum(axis=0), model.scores(state), terms=terms)


def test_the_search_finds_and_keeps_what_training_by_spark_uses(tmp_path, monkeypatch):
    spark()
    monkeypatch.setattr("matinee.training.tuning.tune._ERRORS", -1.0)
    model = contender("spark-als", WITH_BLEND, 0)
    small = model._replace(options=replace(model.options, iterations=3, factors=8))
    objective = Objective(lives()._replace(signed=True), "live", small, 0)
    found = tune(load_search(), objective, tmp_path / "tuning", tmp_path / "tuned.json", 4, silent)
    assert len(found.tried) == 4
    assert found.outcomes["failed"] == 0
    assert found.gain.best.value > 0
    assert found.settings
    assert read_tuned(tmp_path / "tuned.json")["spark_als"].settings == found.settings


def test_settings_without_a_single_number_never_win(tmp_path, monkeypatch):
    """Where factors are no numbers, as of an overflow, the trial is a failed one."""
    world = lives()
    objective = Objective(world, "live", contender("spark-als", WITH_BLEND, 0), 0)

    def overflowing(ratings, parameters):
        return parameters

    class Engine:
        fitted = staticmethod(overflowing)

        @staticmethod
        def movie_factors(parameters):
            shape = (30, parameters["rank"])
            good = np.random.default_rng(0).normal(size=shape).astype(np.float32)
            return np.arange(30), good if parameters["alpha"] == 10 else np.full(shape, np.nan, np.float32)

    monkeypatch.setattr("matinee.models.mllib._spark", lambda: Engine)
    tried = search(objective, tmp_path / "a.journal", 12, silent)
    failed = [each for each in tried if each.options.alpha != 10]
    assert failed
    assert {each.outcome for each in failed} == {"failed"}
    assert all(each.figure is None for each in failed)
    assert tried[0].outcome == "finished"


def value(found, name: str, figure: str) -> float:
    each = found.row(name).accuracy[figure]
    assert isinstance(each, Figure)
    return each.value


def test_by_our_protocol_it_is_as_good_as_the_embedded_one():
    spark()
    data = read_movielens(support.ROOT / "data" / "ml-latest-small")
    found = evaluate(data, "live", ["ials", "spark-als"])
    one, other, popular = (value(found, name, "NDCG@10") for name in ("ials", "spark-als", "popularity"))
    assert abs(one - other) < 0.01
    assert min(one, other) > popular


def test_stars_by_the_protocol_of_ratings_are_better_than_means():
    spark()
    data = read_movielens(support.ROOT / "data" / "ml-latest-small")
    found = evaluate(data, "rating", ["mean", "spark-als-explicit"])
    mean, als = (value(found, name, "RMSE") for name in ("mean", "spark-als-explicit"))
    assert als < mean - 0.1
