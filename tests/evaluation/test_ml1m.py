"""The rows of docs/quality.md on MovieLens 1M, and those that others measured."""

import re

import pytest

from matinee.evaluation.contenders import contender
from matinee.evaluation.data import Data, read_movielens
from matinee.evaluation.evaluate import figures_of
from matinee.evaluation.frozen import Frozen
from matinee.evaluation.metrics import Figure
from matinee.evaluation.protocols.live import LiveOptions, live
from matinee.evaluation.protocols.strong import StrongOptions, strong
from matinee.evaluation.trial import Trial
from matinee.training.contender import WITH_BLEND
from tests import support
from tests.evaluation.worlds import ML1M, needs_ml1m

pytestmark = needs_ml1m
PAGE = support.ROOT / "docs" / "quality.md"
LIVE = {
    "popularity": (0.041, 0.021, 0.071),
    "ease-frozen": (0.039, 0.019, 0.067),
    "edlae": (0.066, 0.032, 0.114),
    "edlae:decay=0.8": (0.166, 0.090, 0.245),
}
STRONG = {
    "popularity": (0.170, 0.244, 0.217),
    "implicit-als": (0.337, 0.467, 0.401),
    "ease": (0.361, 0.477, 0.420),
    "edlae": (0.368, 0.477, 0.425),
}
"""What others measured by the same protocols, with code of their own."""


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
    chosen = contender(name, WITH_BLEND, 0)

    def fit(given):
        model = chosen.fit(given, data.facts)
        return Frozen(model, given) if chosen.frozen else model

    found = figures_of(trial, fit, data.facts)[""].accuracy
    return [each.value for each in (found[figure] for figure in figures) if isinstance(each, Figure)]


def on_the_page(protocol: str, name: str) -> list[float]:
    """The first three figures of this model in the table of docs/quality.md."""
    figures = PAGE.read_text(encoding="utf-8").partition("\n## Figures\n")[2]
    section = figures.partition(f"### `{protocol}`\n")[2].partition("\n### ")[0]
    row = next(line for line in section.splitlines() if line.startswith(f"| `{name}` |"))
    return [float(figure) for figure in re.findall(r"(\.\d+) ±", row)[:3]]


def test_the_live_split_is_the_published_one(live_trial):
    given = live_trial.given
    assert (len(given.users), given.n_users, len(given.movies)) == (899_650, 6_011, 3_416)
    assert live_trial.n == 99_932


@pytest.mark.parametrize(
    "name",
    ["popularity", "ease-frozen", "edlae", "edlae:decay=0.8", "sequence", "autoencoder", "blend"],
)
def test_live(data, live_trial, name):
    found = values(data, live_trial, name, "HR@10", "NDCG@10", "HR@20")
    assert found == pytest.approx(on_the_page("live", name), abs=0.001)
    if name in LIVE:
        assert found == pytest.approx(LIVE[name], abs=0.001)


def test_the_strong_split_is_the_published_one(strong_trial):
    given = strong_trial.given
    assert (len(given.users), given.n_users, len(given.movies)) == (388_246, 4_034, 3_468)
    assert strong_trial.n == 1_000


@pytest.mark.parametrize("name", ["popularity", "implicit-als", "ease", "edlae", "autoencoder"])
def test_strong(data, strong_trial, name):
    found = values(data, strong_trial, name, "Recall@20", "Recall@50", "NDCG@100")
    tolerance = 0.01 if name == "implicit-als" else 0.001  # its first factors are drawn
    assert found == pytest.approx(on_the_page("strong", name), abs=tolerance)
    if name in STRONG:
        assert found == pytest.approx(STRONG[name], abs=tolerance)
