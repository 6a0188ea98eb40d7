"""Every contender by its name: what it is made of, and that folding in is the same as a whole state."""

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from implicit.nearest_neighbours import CosineRecommender
from implicit.utils import ParameterWarning

from matinee.errors import SettingError, TrainingError
from matinee.evaluation import contenders
from matinee.evaluation.contenders import Contender, NoOptions, by_engine, contender, needs_spark
from matinee.evaluation.evaluate import evaluate
from matinee.evaluation.frozen import Frozen
from matinee.evaluation.rivals.als import AlsOptions, als
from matinee.evaluation.rivals.linear import CosineOptions, EaseOptions, binary, cosine, ease
from matinee.events.types import Facts
from matinee.models.base import Folded, History
from matinee.models.dataset import NOTHING, interactions
from matinee.training.contender import WITH_BLEND
from tests import support
from tests.evaluation.worlds import facts, lives
from tests.models.contract import PROPERTY
from tests.spark import spark

WORLD = lives()
GIVEN = interactions(WORLD.events)
FACTS = facts()
FITTED: dict[str, Any] = {}


def fitted(name: str) -> Any:
    if needs_spark(name):
        spark()
    if name not in FITTED:
        FITTED[name] = contender(name, WITH_BLEND, 0).fit(GIVEN, FACTS)
    return FITTED[name]


def neighbours() -> Any:
    """The library, fitted once."""
    if "library" not in FITTED:
        FITTED["library"] = CosineRecommender(K=20)
        with warnings.catch_warnings(action="ignore", category=ParameterWarning):
            FITTED["library"].fit(binary(GIVEN), show_progress=False)
        FITTED["library"].cosine = cosine(GIVEN, {}, CosineOptions())
    return FITTED["library"]


def histories() -> st.SearchStrategy[History]:
    return st.lists(
        st.tuples(st.integers(0, len(GIVEN.movies) - 1), st.sampled_from([1.0, 0.5, -1.0])), max_size=12
    ).map(
        lambda events: History(
            np.array([column for column, _ in events], np.int32),
            np.array([strength for _, strength in events], np.float32),
            np.arange(len(events), dtype=np.int64),
        )
    )


@pytest.mark.parametrize("name", [*WITH_BLEND, "ease:decay=0.8", "cosine:decay=0.5"])
@PROPERTY
@given(history=histories())
def test_folding_in_one_by_one_is_the_whole_state(name, history):
    model = fitted(name)
    state = model.state(NOTHING)
    for event in zip(*(each.tolist() for each in history), strict=True):
        state = model.fold_in(state, Folded(*event))
    folded, whole = model.scores(state), model.scores(model.state(history))
    assert whole.shape == (len(GIVEN.movies),)
    assert np.allclose(folded, whole, atol=1e-4)


@PROPERTY
@given(history=histories())
def test_the_neighbours_score_as_the_library_recommends(history):
    liked = np.unique(history.columns[history.strengths > 0])
    history = History(liked, np.ones(len(liked), np.float32), np.arange(len(liked)))
    row = binary(GIVEN)[:1]
    row = type(row)((np.ones(len(liked), np.float32), liked, [0, len(liked)]), row.shape)
    library = neighbours()
    columns, scores = library.recommend(0, row, N=len(GIVEN.movies), filter_already_liked_items=False)
    model = library.cosine
    assert np.allclose(model.scores(model.state(history))[columns], scores, atol=1e-5)


def test_als_is_the_library_refolded():
    model = als(GIVEN, {}, AlsOptions(factors=8, seed=3))
    row = binary(GIVEN)[:1]
    expected = model._library.item_factors @ model._library.recalculate_user(0, row)
    assert np.allclose(model.scores(set(row.indices.tolist())), expected)


def test_ease_minimises_what_it_says():
    """B has a zero diagonal, and off it the gradient G B - G + ridge B vanishes."""
    X = binary(GIVEN).toarray().astype(np.float64)
    model = ease(GIVEN, {}, EaseOptions(ridge=10))
    B = np.stack(
        [
            model.scores(
                model.state(History(np.array([i], np.int32), np.ones(1, np.float32), np.zeros(1, np.int64)))
            )
            for i in range(X.shape[1])
        ]
    )
    G = X.T @ X
    gradient = G @ B - G + 10 * B
    np.fill_diagonal(gradient, 0)
    assert np.abs(gradient).max() < 1e-3
    assert not np.diag(B).any()


def test_the_blend_takes_in_new_movies_behind_its_own():
    model = fitted("blend")
    joined = model.with_movies([("new", Facts(title="Film 1")), ("newer", Facts())])
    state = joined.fold_in(joined.state(NOTHING), Folded(3, 1.0, 0))
    again = model.fold_in(model.state(NOTHING), Folded(3, 1.0, 0))
    assert joined.scores(state).shape == (len(GIVEN.movies) + 2,)
    assert np.allclose(joined.scores(state)[:-2], model.scores(again))
    order = [model._blend.columns[movie] for movie in GIVEN.movies]
    assert np.array_equal(model.scores(again), model._blend.scores(again)[order])


def test_a_frozen_model_hears_nothing_after_its_training():
    model = Frozen(fitted("ease"), GIVEN)
    end = int(GIVEN.at.max())
    state = model.state(History(np.array([1, 2], np.int32), np.ones(2, np.float32), np.array([end, end + 1])))
    before = model.scores(state)
    assert np.array_equal(model.scores(model.fold_in(state, Folded(3, 1.0, end + 2))), before)
    alone = fitted("ease").state(History(np.array([1], np.int32), np.ones(1, np.float32), np.array([end])))
    assert np.array_equal(before, fitted("ease").scores(alone))


def test_who_had_no_event_by_then_gets_what_is_popular():
    model = Frozen(fitted("ease"), GIVEN)
    state = model.fold_in(model.state(NOTHING), Folded(1, 1.0, int(GIVEN.at.max()) + 1))
    assert np.array_equal(model.scores(state), fitted("popularity").scores(0))
    assert model.scores(model.fold_in(state, Folded(1, 1.0, 0))).any()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("eas", "no model is called 'eas'; did you mean ease?"),
        ("xyz", "known: .*sequence"),
        ("ease:rigde=1", "no option of ease is called 'rigde'; did you mean ridge?"),
        ("popularity:x=1", "known: none"),
        ("ease:ridge=NaN", "ridge=NaN: wanted is a number"),
        ("ease:ridge=high", "ridge=high: wanted is a number"),
        ("ials:factors=1.5", "factors=1.5: wanted is a whole number"),
        ("sequence:contexts=[3]", "no option of sequence is called 'contexts'; did you mean contexts."),
        ("sequence:contexts.4.fade=1", "did you mean contexts.3.fade"),
        ("sequence:contexts.0.fade=far", "contexts.0.fade=far: wanted is a number"),
        ("ease:ridge", "ridge: wanted"),
    ],
)
def test_what_is_not_known_is_told_with_what_is(text, words):
    with pytest.raises(SettingError, match=words):
        contender(text, WITH_BLEND, 0)


@pytest.mark.parametrize("text", ["ease:ridge=-1e6", "edlae:dropout=1", "cosine:neighbours=0"])
def test_options_that_cannot_be_are_told(text):
    with pytest.raises(SettingError, match="wanted is"):
        contender(text, WITH_BLEND, 0)


def test_an_engine_fits_what_it_can():
    assert by_engine("ials", "local") == "ials"
    assert by_engine("ials", "spark") == by_engine("spark-als", "spark") == "spark-als"
    assert needs_spark("spark-als-frozen:factors=8")
    assert not needs_spark("ials")
    with pytest.raises(SettingError, match="the engine spark fits ials and not 'sequence'"):
        by_engine("sequence", "spark")


def test_whatever_goes_wrong_in_a_fit_is_told():
    def wrong(given, facts, options):
        raise IndexError("out of bounds")

    with pytest.raises(TrainingError, match="IndexError: out of bounds; try other options"):
        Contender("wrong", wrong, NoOptions()).fit(GIVEN, FACTS)


def test_options_and_the_seed_reach_the_model():
    chosen = contender("sequence-frozen:tau=5,ridge=3", WITH_BLEND, 5)
    assert chosen.settings() == chosen.settings() | {"tau": 5.0, "ridge": 3.0, "frozen": True}
    assert contender("implicit-als", WITH_BLEND, 5).options.seed == 5
    assert contender("implicit-als:seed=6", WITH_BLEND, 5).options.seed == 6


@pytest.mark.parametrize("protocol", ["strong", "first-events", "new-movies", "rating"])
def test_nothing_is_frozen_where_time_is_not_cut(protocol):
    with pytest.raises(SettingError, match="nothing can be frozen"):
        evaluate(WORLD, protocol, [f"{'mean' if protocol == 'rating' else 'ease'}-frozen"])


def test_what_is_served_imports_no_rival():
    program = "import sys, matinee.worker, matinee.cli.up, matinee.cli.models; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=support.ROOT / "src"
    )
    assert "matinee.evaluation.contenders" in done.stdout.splitlines()
    assert not [name for name in done.stdout.splitlines() if "rivals" in name]
    assert [target for target in contenders.RANKERS.values() if ".rivals." in target]
