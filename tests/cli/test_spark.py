"""Training by Spark, as a person does it: on this machine, on a standalone cluster, and on YARN."""

import json
import shutil
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest

from matinee.app import open_matinee
from tests import support
from tests.cli.test_verbs import said
from tests.spark import needs_spark, on_cluster

HERE = "local[2]"


def train(home: Path, master: str) -> None:
    told = json.loads(support.run(home, "train", "--engine", "spark", "--json", spark_master=master))
    assert told["figures"]["spark-als-explicit"]["targets"] > 100
    assert told["figures"]["ials"]["hit_rate"]["value"] > 0


def factors(home: Path) -> np.ndarray:
    with open_matinee(home) as matinee:
        return np.array(matinee.registry.load().model.arrays()["ials.factors"])


@pytest.fixture(scope="module")
def fitted_here(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a model that Spark fitted on this machine, by settings that were found for it."""
    needs_spark()
    home = tmp_path_factory.mktemp("spark")
    support.run(home, "data", "load", str(sample))
    support.run(home, "stream", "--once")
    (home / "tuned.json").write_text('{"spark_als": {"settings": {"factors": 16, "iterations": 4}}}')
    text = support.run(home, "train", "--engine", "spark", spark_master=HERE)
    header, row = (line.split("\t") for line in text.split("\n\n")[1].splitlines()[:2])
    assert f"spark_als as tuned in {home}/tuned.json: factors 16, iterations 4" in text
    assert header == ["model", "RMSE", "MAE", "targets", "dropped"]
    assert row[0] == "spark-als-explicit"
    assert 0.5 < float(row[1].split()[0]) < 2.5
    return home


def test_everybody_is_listed_what_the_api_serves_of_a_model_by_spark(fitted_here):
    with open_matinee(fitted_here) as matinee:
        stored = matinee.lake.read("recommendations").sort("user", "rank")
        version = matinee.registry.active()
    users = stored["user"].unique()
    assert len(users) == 60
    assert stored["model"].unique().to_list() == [version]
    with support.serving(fitted_here, exploration=0) as url, httpx.Client(base_url=url, timeout=60) as api:
        for user in users:
            served = api.get(f"/v1/users/{user}/recommendations", params={"k": 20}).json()
            assert served["model"] == version
            own = stored.filter(pl.col("user") == user)
            assert [each["movie"] for each in served["recommendations"]] == own["movie"].to_list()
            scores = [each["score"] for each in served["recommendations"]]
            assert scores == pytest.approx(own["score"].to_list(), rel=1e-5)


def test_a_like_changes_the_next_list_of_a_model_by_spark_and_is_its_reason(fitted_here, tmp_path):
    home = shutil.copytree(fitted_here, tmp_path / "home")
    with support.serving(home) as url, httpx.Client(base_url=url, timeout=60) as api:
        before = api.get("/v1/users/1/recommendations").json()["recommendations"]
        liked = before[0]["movie"]
        api.post("/v1/events", json={"type": "like", "user": "1", "movie": liked}).raise_for_status()
        after = api.get("/v1/users/1/recommendations", params={"explain": True}).json()["recommendations"]
    assert liked not in [each["movie"] for each in after]
    assert [each["movie"] for each in after] != [each["movie"] for each in before[1:]]
    for each in after:
        assert sum(reason["gave"] for reason in each["reasons"]) == pytest.approx(each["score"], abs=1e-3)
    assert any(reason["movie"] == liked for each in after for reason in each["reasons"])


def test_a_cluster_fits_the_same(fitted_here, spark, tmp_path, monkeypatch):
    home = shutil.copytree(fitted_here, tmp_path / "home")
    train(home, on_cluster(spark, tmp_path, monkeypatch))
    assert np.allclose(factors(home), factors(fitted_here), atol=1e-3)


def test_a_master_that_is_none_is_told(tmp_path):
    text = said(tmp_path, "train", "--engine", "spark", spark_master="nonsense")
    assert "spark_master" in text
    assert "MATINEE_SPARK_MASTER" in text


def test_an_engine_fits_only_what_it_can(tmp_path):
    assert "fits ials and not 'sequence'" in said(tmp_path, "tune", "sequence", "--engine", "spark")


def test_what_is_tuned_by_spark_is_its_own_als(sample, tmp_path):
    needs_spark()
    told = ("tune", "ials", str(sample), "--engine", "spark", "--protocol", "last", "--trials", "1", "--json")
    found = json.loads(support.run(tmp_path, *told, spark_master=HERE))
    assert found["model"] == "spark-als"
    assert found["outcomes"] == {"finished": 1, "stopped": 0, "failed": 0}
    assert found["best"]["value"] > 0
