"""An evaluation as a whole: the same run gives the same bytes, and says all that it follows from."""

import json

import numpy as np
import polars as pl
import pytest

from matinee.errors import SettingError, SourceError, TrainingError
from matinee.evaluation.contenders import Contender, NoOptions
from matinee.evaluation.data import read_lake, read_movielens
from matinee.evaluation.evaluate import BASELINES, PROTOCOLS, evaluate
from matinee.evaluation.metrics import Figure
from matinee.models.popular import Popular
from tests.evaluation.worlds import lives
from tests.sources.writing import CSV, LAYOUTS, write_folder, write_zip
from tests.training import worlds

WORLD = lives()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("on", ["validation", "test"])
def test_the_same_run_gives_the_same_bytes(protocol, on):
    models = [] if protocol == "rating" else ["ease", "implicit-als:factors=8", "content"]
    one, other = (evaluate(WORLD, protocol, models, on=on, seed=4) for _ in range(2))
    assert one.as_bytes() == other.as_bytes()
    assert one.name == other.name
    assert one.costs.keys() == {row.model for row in one.rows}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_result_says_what_it_follows_from(protocol):
    found = evaluate(WORLD, protocol, seed=4)
    told = json.loads(found.as_bytes(), parse_constant=pytest.fail)
    assert (told["protocol"], told["on"], told["seed"]) == (protocol, "test", 4)
    n = WORLD.events.height
    assert told["data"] == {"name": "world", "events": n, "signed": False, "sha256": WORLD.sha256}
    assert set(told["models"]) == {row["model"] for row in told["rows"]}
    assert not {"fit s", "ask s"} & set(found.as_bytes().decode().split('"'))
    if protocol != "rating":
        assert tuple(told["models"])[:2] == BASELINES
        names = set().union(*(row["figures"] for row in told["rows"]))
        assert {
            f"{name}@10" for name in ("coverage", "Gini", "novelty", "diversity", "popularity", "calibration")
        } <= names


def test_another_seed_or_other_data_are_another_file():
    names = {evaluate(WORLD, "rating", seed=seed).name for seed in (0, 1)}
    names.add(evaluate(WORLD._replace(sha256="other"), "rating").name)
    assert len(names) == 3


def test_a_model_of_your_own():
    def upside_down(given, _facts, _options):
        return Popular.fit(given._replace(strengths=-given.strengths))

    found = evaluate(WORLD, "live", [Contender("upside down", upside_down, NoOptions()), "popularity"])
    assert [row.model for row in found.rows] == [*BASELINES, "upside down"]
    mrr = [found.row(name).accuracy["MRR"] for name in ("upside down", "popularity")]
    upside, popularity = (each.value for each in mrr if isinstance(each, Figure))
    assert 0 < upside < popularity


@pytest.mark.parametrize(("protocol", "others"), [("live", list(BASELINES)), ("rating", ["mean"])])
def test_a_model_that_cannot_be_fitted_does_not_end_the_run(protocol, others):
    def unfit(given, facts, options):
        raise TrainingError("no model of these")

    def wrong(given, facts, options):
        raise IndexError("out of bounds")

    models = [Contender("unfit", unfit, NoOptions()), Contender("wrong", wrong, NoOptions()), others[-1]]
    found = evaluate(WORLD, protocol, models)
    assert [row.model for row in found.rows] == others
    assert found.failed == found.result()["failed"]
    assert found.failed == {
        "unfit": "no model of these",
        "wrong": "IndexError: out of bounds; try other options",
    }
    assert list(found.costs) == others


def test_a_model_that_cannot_be_asked_loses_its_own_row_alone():
    class Mute(Popular):
        def scores(self, state, at=None):
            raise ZeroDivisionError("nothing to say")

    def mute(given, _facts, _options):
        return Mute.fit(given)

    found = evaluate(WORLD, "live", [Contender("mute", mute, NoOptions())])
    assert [row.model for row in found.rows] == list(BASELINES)
    assert found.failed == {"mute": "ZeroDivisionError: nothing to say; try other options"}


@pytest.mark.parametrize(
    ("protocol", "model", "words"),
    [("live", "biases", "--protocol rating"), ("rating", "ease", "another protocol")],
)
def test_a_model_of_the_other_kind_is_told_where_it_belongs(protocol, model, words):
    with pytest.raises(SettingError, match=words):
        evaluate(WORLD, protocol, [model])


def test_an_unknown_protocol_is_told_with_those_there_are():
    with pytest.raises(SettingError, match="known: live, live-early, last"):
        evaluate(WORLD, "dead")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_movielens_is_read_in_the_order_of_its_file(layout, tmp_path):
    files, encoding = LAYOUTS[layout]
    folder, packed = (
        write_folder(tmp_path / "ml", files, encoding),
        write_zip(tmp_path / "ml.zip", files, encoding),
    )
    data = read_movielens(folder)
    assert data.events.select("user", "movie", "value").rows() == [
        (1, "1", 4.0),
        (1, "73", 3.5),
        (2, "1", 0.5),
        (2, "5", 5.0),
    ]
    assert data.events["strength"].to_list() == [1.0] * 4
    assert data.events["at"][0] == 964982703 * 1_000_000
    assert data.facts["1"].genres == ("Animation", "Comedy")
    assert (data.name, data.sha256) == ("ml", read_movielens(packed).sha256)


def test_signed_strengths_are_those_of_production(tmp_path):
    data = read_movielens(write_folder(tmp_path, CSV), signed=True)
    assert np.allclose(data.events["strength"].to_list(), [0.6, 0.4, -1.0, 1.0])


def test_one_rating_more_is_another_checksum(tmp_path):
    before = read_movielens(write_folder(tmp_path / "a", CSV))
    more = {**CSV, "ratings.csv": CSV["ratings.csv"] + "3,1,4.0,964982703\n"}
    assert read_movielens(write_folder(tmp_path / "b", more)).sha256 != before.sha256


def test_movies_alone_cannot_be_evaluated_on(tmp_path):
    with pytest.raises(SourceError, match="holds no ratings"):
        read_movielens(write_folder(tmp_path, {"movies.csv": CSV["movies.csv"]}))
    with pytest.raises(SourceError, match="holds no ratings"):
        read_movielens(write_folder(tmp_path / "b", {"ratings.csv": "userId,movieId,rating,timestamp\n"}))


def test_the_lakes_own_events_have_the_strengths_and_stars_that_they_have_there():
    rows = worlds.events(("a", "m00", 1.0, 2), ("a", "m01", -0.5, 1))
    rows = rows.with_columns(type=pl.Series(["view", "rating"]), value=pl.Series([0.9, 1.5]))
    data = read_lake(worlds.Lake(rows, worlds.movies()))
    assert data.events["strength"].to_list() == [1.0, -0.5]
    assert data.events["value"].to_list() == [None, 1.5]
    assert data.events.schema["at"] == pl.Int64
    assert data.facts["m01"].title == "Film 1"
    with pytest.raises(TrainingError, match="no interactions in the lake"):
        read_lake(worlds.Lake(rows.clear(), worlds.movies()))
