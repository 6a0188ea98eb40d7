"""Training, from a lake to a published model."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from matinee.errors import TrainingError
from matinee.models.blend import DEFAULT_WEIGHTS, PARTS
from matinee.models.ials import IalsOptions
from matinee.models.registry import Registry
from matinee.models.sequence import SequenceOptions
from matinee.training.trainer import TrainOptions, train
from tests.models.worlds import history
from tests.training import worlds

OPTIONS = TrainOptions(
    ials=IalsOptions(factors=8), sequence=SequenceOptions(ridge=100, min_support=2), held_back=0.3, k=3
)
CREATED = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path):
    return Registry(f"file://{tmp_path}/models", tmp_path / "cache")


def test_it_publishes_what_beats_popularity(registry):
    told = []
    trained = train(
        worlds.Lake(worlds.lives(), worlds.movies()),
        registry,
        options=OPTIONS,
        progress=lambda *each: told.append(each),
    )
    assert registry.active() == trained.version
    assert set(trained.figures) == {"blend", *PARTS}
    figures = trained.figures
    assert figures["blend"].ndcg.value > figures["popular"].ndcg.value + 2 * figures["blend"].ndcg.error
    assert figures["blend"].targets == figures["content"].targets > 20
    manifest = registry.load().manifest
    assert manifest["lake_version"] == 5
    assert manifest["figures"]["blend"]["hit_rate"]["value"] == figures["blend"].hit_rate.value
    shares = [share for _, share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_movies_without_events_are_in_the_catalogue(registry):
    model = train(worlds.Lake(worlds.lives(), worlds.movies()), registry, options=OPTIONS).model
    assert set(model.movies) == {f"m{movie:02}" for movie in range(32)}
    scores = model.scores(model.state(history((0, 1.0))))
    assert scores.shape == (32,)
    assert np.isfinite(scores).all()


def test_the_same_lake_gives_the_same_version(registry, tmp_path):
    lake = worlds.Lake(worlds.lives(), worlds.movies())
    versions = {
        train(
            lake, Registry(f"file://{tmp_path}/{name}", tmp_path / "cache"), options=OPTIONS, created=CREATED
        ).version
        for name in "ab"
    }
    assert len(versions) == 1


def test_an_empty_lake_is_an_error(registry):
    with pytest.raises(TrainingError, match="no interactions at version 5"):
        train(worlds.Lake(worlds.lives().clear(), worlds.movies()), registry)
    assert registry.active() is None


@pytest.mark.parametrize(
    "rows",
    [
        [("u", "m00", 1.0, 0)],
        [("u", "m00", -1.0, 0)],
        [("u", "m00", 0.0, 0)],
        [("u", f"m{movie:02}", 1.0, movie) for movie in range(20)],
        [(f"u{user}", "m00", 1.0, user) for user in range(20)],
        [("u", "m00", 1.0, hour) for hour in range(5)],
        [("u", "elsewhere", 1.0, 0), ("v", "m00", 0.3, 0)],
    ],
)
@pytest.mark.parametrize("known", [0, 32])
def test_little_data_trains_what_can_be(rows, known, registry):
    trained = train(worlds.Lake(worlds.events(*rows), worlds.movies().head(known)), registry)
    model = registry.load().model
    scores = model.scores(model.state(history((0, 1.0))))
    assert np.isfinite(scores).all()
    assert len(scores) == len({movie for _, movie, _, _ in rows} | set(worlds.movies().head(known)["movie"]))
    json.dumps(registry.load(trained.version).manifest)


def test_too_few_targets_leave_the_default_weights(registry):
    rows = [("u", "m00", 1.0, 0), ("u", "m01", 1.0, 1)]
    trained = train(worlds.Lake(worlds.events(*rows), worlds.movies()), registry)
    assert np.array_equal(trained.model.weights, DEFAULT_WEIGHTS)
