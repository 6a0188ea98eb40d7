"""The whole way, once, for real: Kafka, Spark on YARN, Delta on HDFS, MLlib, and two replicas."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.demo.errors import DemoError
from deploy.demo.servers import NAMES
from deploy.demo.way import Teller, Way, tell_story, way
from deploy.local import servers
from deploy.local.tools import java
from tests.servers import SHARED_HOME, had
from tests.support import HTTP, ROOT, await_until

COMMAND = [sys.executable, "-m", "deploy.demo"]


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["movie"] for each in answer["recommendations"]]


def get(url: str, path: str, **parameters: object) -> dict[str, Any]:
    answer = HTTP.get(f"{url}/v1{path}", params=parameters, timeout=60)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_like_changes_the_next_list_of_both_replicas(kafka, hdfs, yarn, sample):
    told = io.StringIO()
    teller = Teller(Console(file=told, width=110))
    with way(teller, Path(os.environ[SHARED_HOME]), "free", [sample]) as made:
        tell_story(teller, made, "1")
        for said in ("by Spark on YARN; 0 rejected", "published to HDFS", "User 1", "that like once"):
            assert said in " ".join(told.getvalue().split())
        it_is_of_mllib(made)
        a_like_is_in_both_lists(made)
        a_failure_says_what_and_where(made)
        folder = made.cluster.folder
    assert not folder.exists()
    assert all(servers.find(name, Path(os.environ[SHARED_HOME])) for name in NAMES)


def it_is_of_mllib(made: Way) -> None:
    """Both replicas serve what Spark fitted, and find movies, though no stream runs where they are."""
    for url in made.urls:
        known = get(url, "/models")
        [model] = known["models"]
        assert known["serving"] == model["version"]
        assert model["settings"]["parts"]["ials"]["scaled"] is True
        assert model["figures"]["spark-als-explicit"]["targets"] > 100
        found = HTTP.get(f"{url}/v1/movies", params={"q": "toy story"}, timeout=60).json()
        assert "1" in ids(found)


def a_like_is_in_both_lists(made: Way) -> None:
    one, other = made.urls
    lists = "/users/1/recommendations"
    liked = ids(get(one, lists))[0]
    like = {"type": "like", "user": "1", "movie": liked}
    receipt = HTTP.post(f"{one}/v1/events", json=like, timeout=60).json()
    for after in ({"after": receipt["offset"]}, {}):
        await_until(lambda: ids(get(one, lists, **after)) == ids(get(other, lists, **after)), "both agree")  # noqa: B023
        assert liked not in ids(get(other, lists, **after))
    for url in made.urls:
        explained = get(url, lists, explain=True)["recommendations"]
        assert any(reason["movie"] == liked for each in explained for reason in each["reasons"])
        for each in explained:
            assert sum(reason["gave"] for reason in each["reasons"]) == pytest.approx(each["score"], abs=1e-3)
    assert made.cluster.await_like("1", liked) == 1


def a_failure_says_what_and_where(made: Way) -> None:
    with pytest.raises(
        DemoError, match=r"matinee data ended with 1; \S+/worker/logs/data.log ends so:\n.*nowhere"
    ):
        made.cluster.run("data", "load", "nowhere")


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    had(java)
    home = tmp_path / "servers"
    with subprocess.Popen(
        [*COMMAND, "--home", str(home), "--ports", "free"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as demo:
        await_until(lambda: any(pids(home)) or demo.poll() is not None, "a server is starting")
        demo.send_signal(signal.SIGINT)
        _, error = demo.communicate(timeout=120)
    assert demo.returncode == 130
    assert error.decode() == "\nstopping what was started ...\ninterrupted; what was started is stopped\n"
    assert not any(pids(home))


def pids(home: Path) -> list[int | None]:
    return [process.pid for name in NAMES for process in servers.processes(name, home)]


def test_missing_java_is_told_with_what_to_install(tmp_path):
    empty = {"PATH": str(tmp_path), "JAVA_HOME": ""}
    done = subprocess.run(
        [*COMMAND, "--home", str(tmp_path)],
        cwd=ROOT, env=os.environ | empty, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Error: step 1, Jars: Java is missing")
    assert "apt-get install" in done.stderr
