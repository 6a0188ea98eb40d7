"""The published and measured rows on MovieLens 1M."""

import pytest

from matinee.evaluation.contenders import contender
from matinee.evaluation.data import Data, read_movielens
from matinee.evaluation.evaluate import figures_of
from matinee.evaluation.frozen import Frozen
from matinee.evaluation.metrics import Figure
from matinee.evaluation.protocols.live import LiveOptions, live
from matinee.evaluation.protocols.strong import StrongOptions, strong
from matinee.evaluation.trial import Trial
from matinee.training.contender import RANKERS
from tests.evaluation.worlds import ML1M, needs_ml1m

pytestmark = needs_ml1m


@pytest.fixture(scope="module")
def data() -> Data:
    return read_movielens(ML1M)


@pytest.fixture(scope="module")
def live_trial(data: Data) -> Trial:
    return live(data, "test", 0, LiveOptions())


@pytest.fixture(scope="module")
def strong_trial(data: Data) -> Trial:
    return strong(data, "test", 0, StrongOptions())


def values(data: Data, trial: Trial, name: str, *figures: str) -> list[float]:
    """These figures of the contender of this name."""
    chosen = contender(name, RANKERS, 0)

    def fit(given):
        model = chosen.fit(given, data.facts)
        return Frozen(model, given) if chosen.frozen else model

    found = figures_of(trial, fit, data.facts)[""].accuracy
    return [each.value for each in (found[figure] for figure in figures) if isinstance(each, Figure)]


def test_the_live_split_is_the_published_one(live_trial):
    given = live_trial.given
    assert (len(given.users), given.n_users, len(given.movies)) == (899_650, 6_011, 3_416)
    assert live_trial.n == 99_932


@pytest.mark.parametrize(
    ("name", "row", "tolerance"),
    [
        ("popularity", (0.041, 0.021, 0.071), 0.001),
        ("ease-frozen", (0.039, 0.019, 0.067), 0.001),
        ("edlae", (0.066, 0.032, 0.114), 0.001),
        ("edlae:decay=0.8", (0.166, 0.090, 0.245), 0.001),
        ("sequence", (0.232, 0.132, 0.316), 0.001),
        ("autoencoder", (0.063, 0.031, 0.109), 0.001),
        ("blend", (0.237, 0.135, 0.322), 0.002),
    ],
)
def test_live(data, live_trial, name, row, tolerance):
    assert values(data, live_trial, name, "HR@10", "NDCG@10", "HR@20") == pytest.approx(row, abs=tolerance)


def test_the_strong_split_is_the_published_one(strong_trial):
    given = strong_trial.given
    assert (len(given.users), given.n_users, len(given.movies)) == (388_246, 4_034, 3_468)
    assert strong_trial.n == 1_000


@pytest.mark.parametrize(
    ("name", "row", "tolerance"),
    [
        ("popularity", (0.170, 0.244, 0.217), 0.001),
        ("implicit-als", (0.337, 0.467, 0.401), 0.01),
        ("ease", (0.361, 0.477, 0.420), 0.001),
        ("edlae", (0.368, 0.477, 0.425), 0.001),
        ("autoencoder", (0.379, 0.499, 0.438), 0.001),
    ],
)
def test_strong(data, strong_trial, name, row, tolerance):
    assert values(data, strong_trial, name, "Recall@20", "Recall@50", "NDCG@100") == pytest.approx(
        row, abs=tolerance
    )
