"""The doctor, who says what is in order and what is not, and makes nothing."""

import json
import re

import pytest

from matinee.app import open_matinee
from matinee.doctor import examine
from tests import support
from tests.cli.test_verbs import said


def test_the_doctor_makes_nothing(tmp_path):
    home = tmp_path / "not" / "there"
    findings = json.loads(support.run(home, "doctor", "--json"))
    assert not home.exists()
    assert all(finding["ok"] for finding in findings)
    found = {finding["check"]: finding["found"] for finding in findings}
    assert list(found) == [
        "python",
        "home",
        "settings",
        "log",
        "lake",
        "catalogue",
        "model",
        "training",
        "spark",
        "api",
    ]
    assert found["home"] == f"{home} is not there yet; the first event makes it"
    tmp_path.joinpath("file").touch()
    assert "mend its rights" in said(tmp_path / "file" / "home", "doctor")


def test_the_doctor_leaves_a_home_as_it_is(home):
    before = sorted(home.rglob("*"))
    assert f"{home} can be written" in support.run(home, "doctor")
    assert sorted(home.rglob("*")) == before


def test_the_doctor_knows_a_matinee_that_answers(api, home):
    with open_matinee(home, port=int(api.rpartition(":")[2])) as matinee:
        found = {finding.check: finding for finding in examine(matinee)}
    assert found["api"].ok
    assert found["api"].found.startswith("Matinee answers at")


def test_the_doctor_sees_settings_that_no_training_could_use(tmp_path):
    (tmp_path / "tuned.json").write_text('{"sequence": {"settings": {"tua": 3}}}')
    assert "did you mean tau" in said(tmp_path, "doctor")


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("21.0.2", "Java 21; the jars to read Kafka are fetched at first use, by Maven"),
        ("1.8.0_402", "java is Java 8, too old"),
        ("", "Java is missing in JAVA_HOME"),
        ("\xff", "Java is missing in JAVA_HOME"),
    ],
)
def test_the_doctor_says_what_spark_would_need(tmp_path, monkeypatch, says, told):
    support.script(tmp_path / "bin", "java", f'echo openjdk version \\"{says}\\" >&2')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with open_matinee(tmp_path / "home", jars=tmp_path / "jars") as matinee:
        (found,) = [finding for finding in examine(matinee) if finding.check == "spark"]
    assert found.ok
    assert re.fullmatch(rf"pyspark 4\.\S+ .*{re.escape(told)}.*", found.found)
