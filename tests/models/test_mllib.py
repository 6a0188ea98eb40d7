"""ALS by Spark's MLlib: it is what we fold users into, whatever they like or dislike."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from matinee.errors import MissingExtraError, SettingError, TrainingError
from matinee.models import mllib
from matinee.models.base import History
from matinee.models.ials import Ials
from matinee.models.mllib import ExplicitOptions, MllibOptions, fit, fit_explicit, implicit, liked
from matinee.spark import check
from tests import support
from tests.models import worlds
from tests.processes import below
from tests.spark import needs_spark, spark

OPTIONS = MllibOptions(factors=worlds.FACTORS, iterations=3)


def lived(world, user):
    own = world.users == user
    return History(world.columns[own], world.strengths[own], world.at[own])


def disliking(world):
    """The same world, its last user liking nothing, its last movie liked by nobody."""
    strengths = world.strengths.copy()
    alone = (world.users == world.n_users - 1) | (world.columns == len(world.movies) - 1)
    strengths[alone] = -np.abs(strengths[alone])
    return world._replace(strengths=strengths)


def again(world):
    """The same world, every event a second time: strengths add up, and are clipped."""
    return world._replace(
        **{name: np.repeat(getattr(world, name), 2) for name in ("users", "columns", "strengths", "at")}
    )


@pytest.mark.parametrize(
    "world", [disliking(worlds.world()), again(worlds.world())], ids=["dislikes", "twice"]
)
@pytest.mark.parametrize("alpha", [0.5, 40.0])
def test_folded_in_a_user_is_exactly_the_half_step_of_mllib(world, alpha):
    spark()
    options = MllibOptions(factors=worlds.FACTORS, iterations=3, alpha=alpha, regularization=0.05)
    engine = mllib._spark()
    fitted = engine.fitted(liked(world), implicit(options))
    Y = np.zeros((len(world.movies), options.factors), np.float32)
    columns, factors = engine.movie_factors(fitted)
    Y[columns] = factors
    model = Ials(options, Y, scaled=True)
    users, X = engine.user_factors(fitted)
    assert len(users) >= world.n_users - 1
    for user, x in zip(users.tolist(), X, strict=True):
        history = lived(world, user)
        for state in (model.state(history), worlds.folded(model, history)):
            model.scores(state)
            assert np.abs(state.x - x).max() <= 1e-4 * np.abs(x).max()


def test_who_likes_nothing_is_nothing_and_so_is_what_nobody_likes():
    spark()
    world = disliking(worlds.world())
    model = fit(world, OPTIONS)
    assert not model.arrays()["factors"][-1].any()
    assert model.arrays()["factors"][:-1].any(axis=1).all()
    assert not model.scores(model.state(lived(world, world.n_users - 1))).any()


def test_few_users_and_long_vectors_are_no_singular_equation():
    spark()
    few = disliking(worlds.world(3))
    model = fit(few, MllibOptions(factors=40, iterations=2))
    assert np.isfinite(model.arrays()["factors"]).all()
    assert model.scores(model.state(lived(few, 0))).any()


def test_nothing_liked_at_all_asks_no_spark():
    world = worlds.world()
    model = fit(world._replace(strengths=-np.abs(world.strengths)), OPTIONS)
    assert not model.arrays()["factors"].any()
    assert not model.scores(model.state(lived(world, 0))).any()


def test_the_same_ratings_give_the_same_factors_and_another_seed_others():
    spark()
    one, same, other = (
        fit(worlds.world(), MllibOptions(factors=4, iterations=1, seed=seed)).arrays()["factors"]
        for seed in (1, 1, 2)
    )
    assert np.allclose(one, same, atol=1e-6)
    assert not np.allclose(one, other, atol=1e-2)


def test_stars_are_foreseen_and_what_is_not_known_is_dropped():
    spark()
    random = np.random.default_rng(0)
    users, movies = np.divmod(np.arange(40 * 30, dtype=np.int32), 30)
    stars = np.clip(3 + random.normal(0, 0.7, 40)[users] + random.normal(0, 0.7, 30)[movies], 0.5, 5)
    asked = random.random(len(stars)) < 0.2
    options = ExplicitOptions(factors=4, iterations=8)
    model = fit_explicit(users[~asked], movies[~asked], stars[~asked], options)
    off = model.predict(users[asked], movies[asked]) - stars[asked]
    assert np.sqrt(np.mean(off**2)) < 0.5 * stars.std()
    found = model.predict(np.array([0, 40, 1, 41], np.int32), np.array([1, 1, 30, 30], np.int32))
    assert np.isnan(found).tolist() == [False, True, True, True]


def test_what_spark_cannot_do_is_told_in_one_line():
    spark()
    with pytest.raises(TrainingError, match=r"^Spark could not finish: [^\n]*rank[^\n]*$"):
        mllib._spark().fitted(liked(worlds.world()), {"rank": 0})


def test_without_java_it_says_what_to_install(tmp_path):
    program = "from matinee.models.mllib import session\nwith session('local[1]'): pass"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "JAVA_HOME": str(tmp_path), "PYTHONPATH": str(support.ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=support.SECONDS,
    )
    told = done.stderr.splitlines()[-1]
    assert f"MissingExtraError: Java is missing in JAVA_HOME ({tmp_path}), 17 or newer; install it:" in told


STARTING = """
import signal
from matinee.models.mllib import session
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us deaf to it
with session("local[1]"):
    print("started")
"""


def test_ctrl_c_while_spark_starts_leaves_no_jvm():
    needs_spark()
    environment = {**os.environ, "PYTHONPATH": str(support.ROOT / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", STARTING], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as starting:
        support.await_until(lambda: bool(below(starting.pid, "org.apache.spark")), "a JVM starts")
        java = below(starting.pid, "org.apache.spark")
        starting.send_signal(signal.SIGINT)
        told, error = starting.communicate(timeout=support.SECONDS)
    assert told == b""
    assert b"Exception in thread" not in error
    support.await_until(lambda: not any(each.is_running() for each in java), "its JVM is gone")


def test_without_hadoops_folder_there_is_no_yarn(monkeypatch):
    needs_spark()
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingError, match="MATINEE_SPARK_MASTER is yarn, and HADOOP_CONF_DIR not set"):
        check("yarn")


def test_without_pyspark_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "matinee.models.spark", raising=False)
    monkeypatch.setitem(sys.modules, "pyspark.ml.recommendation", None)
    with pytest.raises(MissingExtraError, match=r"Spark needs pyspark.*\[spark\]"):
        mllib.session("local[2]")
