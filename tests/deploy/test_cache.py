"""What is fetched is fetched once, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import cache
from deploy.local.errors import ServerError
from tests.support import ROOT

MAVEN = """#!/bin/sh
echo called >>"$(dirname "$0")/calls"
for argument; do case $argument in -DoutputDirectory=*) out=${argument#*=};; esac; done
echo one >"$out/one.jar"
sleep 0.5
echo two >"$out/two.jar"
"""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch) -> Path:
    """A Maven that takes its time, and counts."""
    program = tmp_path / "bin/mvn"
    program.parent.mkdir()
    program.write_text(MAVEN)
    program.chmod(0o755)
    monkeypatch.setenv("MAVEN_HOME", str(tmp_path))
    monkeypatch.setenv("MATINEE_SERVERS_CACHE", str(tmp_path / "cache"))
    return program


@pytest.fixture
def pom(tmp_path: Path) -> Path:
    (tmp_path / "kafka").mkdir()
    file = tmp_path / "kafka/pom.xml"
    file.write_text("<project/>")
    return file


def calls(maven: Path) -> int:
    return len((maven.parent / "calls").read_text().splitlines())


def test_two_processes_at_once_fetch_once_and_both_have_all(maven, pom):
    code = "import sys, pathlib; from deploy.local import cache; print(cache.jars(pathlib.Path(sys.argv[1])))"
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(pom)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    places = {process.communicate()[0].strip() for process in both}
    assert len(places) == 1
    assert sorted(jar.name for jar in Path(places.pop()).iterdir()) == ["one.jar", "two.jar"]
    assert calls(maven) == 1


def test_other_versions_are_fetched_beside(maven, pom):
    before = cache.jars(pom)
    pom.write_text("<project>newer</project>")
    assert cache.jars(pom) != before
    assert before.exists()


def test_what_a_killed_fetch_left_is_not_taken_for_whole(maven, pom):
    whole = cache.jars(pom)
    part = whole.with_suffix(".part")
    whole.rename(part)
    (part / "half.jar").write_text("ha")
    assert sorted(jar.name for jar in cache.jars(pom).iterdir()) == ["one.jar", "two.jar"]
    assert calls(maven) == 2


def test_a_fetch_that_fails_is_tried_again_the_next_time(maven, pom):
    good = maven.read_text()
    maven.write_text("#!/bin/sh\necho no route; exit 1\n")
    with pytest.raises(ServerError, match="ended with 1: no route; is there a network"):
        cache.jars(pom)
    maven.write_text(good)
    assert len(list(cache.jars(pom).iterdir())) == 2
