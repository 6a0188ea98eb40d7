"""Two replicas of the API on a log in Kafka: what either takes both answer with, whatever happens to one."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests import support
from tests.servers import Own
from tests.support import await_until


class Replica(NamedTuple):
    """An API process on its own home, and its address."""

    url: str
    process: Any

    def get(self, path: str, **parameters: object) -> httpx.Response:
        return support.HTTP.get(f"{self.url}/v1{path}", params=parameters, timeout=30)  # type: ignore[arg-type]

    def post(self, *events: Mapping[str, object]) -> httpx.Response:
        return support.HTTP.post(f"{self.url}/v1/events", json=list(events), timeout=30)

    def movies(self, user: str, **parameters: object) -> list[str]:
        answer = self.get(f"/users/{user}/recommendations", **parameters)
        assert answer.status_code == 200, answer.text
        return [each["movie"] for each in answer.json()["recommendations"]]


class Cluster:
    """A broker, a home with its events and a model, and replicas."""

    def __init__(self, broker: Own, home: Path) -> None:
        self.broker = broker
        self.home = home
        self.settings = {"log": f"kafka://{broker.address}/replicas"}
        self.processes: list[Any] = []

    def run(self, *arguments: str) -> str:
        return support.run(self.home, *arguments, **self.settings)

    def start(self) -> Replica:
        port = support.free_port()
        process = support.start(self.home, "serve", "--port", str(port), **self.settings)
        self.processes.append(process)
        url = f"http://127.0.0.1:{port}"
        await_until(lambda: process.poll() is not None or support.is_ready(url), "the API is ready")
        assert process.poll() is None, (self.home / "logs" / "serve.log").read_text()[-3000:]
        return Replica(url, process)


@pytest.fixture
def cluster(own_server, sample: Path, trained_home: Path, tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(own_server("kafka"), tmp_path / "home")
    cluster.run("data", "load", str(sample))
    cluster.run("stream", "--once")
    shutil.copytree(trained_home / "models", cluster.home / "models")
    yield cluster
    for process in cluster.processes:
        process.terminate()
        process.wait(support.SECONDS)


def test_replicas_agree_through_kills_and_outages(cluster):
    one, other = cluster.start(), cluster.start()
    other = agree(cluster, one, other)
    simulate(cluster, one, other)
    forget(one, other)
    outage(cluster, one, other)


def agree(cluster: Cluster, one: Replica, other: Replica) -> Replica:
    """A like changes the list on both; one that was killed and started again has missed nothing."""
    before = other.movies("1")
    liked = {"type": "like", "user": "1", "movie": before[0], "id": "first"}
    receipt = one.post(liked).json()
    assert (receipt["accepted"], receipt["duplicates"]) == (1, 0)
    after = other.movies("1", after=receipt["offset"])
    assert liked["movie"] not in after
    assert after == one.movies("1")
    again = other.post(liked).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)

    other.process.kill()
    other.process.wait()
    kinds = ("view", "like", "dislike")
    events = [
        {
            "type": kinds[number % 3],
            "user": f"new{number % 7}",
            "movie": str(1 + number % 40),
            "id": f"e{number}",
        }
        for number in range(300)
    ]
    assert one.post(*events).json()["accepted"] == 300
    assert one.post({"type": "erase", "user": "new6"}).status_code == 202
    other = cluster.start()
    position = one.get("/users/new0/history").json()["offset"]
    for user in ("1", *(f"new{number}" for number in range(7))):
        told = [replica.get(f"/users/{user}/history", k=1000).json() for replica in (one, other)]
        assert told[0]["total"] == told[1]["total"]
        assert told[0]["history"] == told[1]["history"]
        assert one.movies(user) == other.movies(user, after=position)
    assert one.get("/users/new6/history").json()["total"] == 0
    return other


def simulate(cluster: Cluster, one: Replica, other: Replica) -> None:
    """What a job simulates is fresh on both, and both tell how far the lake is behind until it is not."""
    users = other.get("/monitor").json()["users"]
    started = support.HTTP.post(f"{one.url}/v1/jobs/simulate", json={"rate": 50, "minutes": 0.1}, timeout=30)
    assert started.status_code == 202
    await_until(
        lambda: other.get("/jobs").json()["jobs"][1]["says"] == "300 events sent", "it has ended by itself"
    )
    await_until(lambda: other.get("/monitor").json()["users"] > users, "new people are at the other")
    await_until(
        lambda: all(replica.get("/monitor").json()["stream"]["behind"] >= 300 for replica in (one, other)),
        "the lake lacks them",
    )
    cluster.run("stream", "--once")
    await_until(
        lambda: all(replica.get("/monitor").json()["stream"]["behind"] == 0 for replica in (one, other)),
        "the lake has them",
    )


def forget(one: Replica, other: Replica) -> None:
    """Of a user who is erased at one, neither has anything more than that."""
    exported = one.get("/users/new5/export").json()["events"]
    assert len({event["id"] for event in exported}) == len(exported) == 43
    receipt = support.HTTP.delete(f"{other.url}/v1/users/new5", timeout=30)
    assert (receipt.status_code, receipt.json()["removed"]["log"]) == (200, 43)
    for replica in (one, other):
        history = replica.get("/users/new5/history", after=receipt.json()["offset"]).json()
        assert history["total"] == 0
        left = replica.get("/users/new5/export").json()["events"]
        assert [event["type"] for event in left] == ["erase"]


def outage(cluster: Cluster, one: Replica, other: Replica) -> None:
    """While brokers answer nothing lists still come and say how old they are, and events are refused."""
    cluster.broker.pause()
    await_until(
        lambda: float(one.get("/users/1/recommendations").headers.get("matinee-stale", 0)) > 2,
        "answers say that they are stale",
    )
    assert len(one.movies("1")) == 10
    health = support.HTTP.get(f"{one.url}/health/ready", timeout=30)
    assert (health.status_code, health.json()["stale"] > 2) == (200, True)
    lost = {"type": "like", "user": "1", "movie": "2", "id": "lost?"}
    refused = one.post(lost)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    cluster.broker.resume()
    await_until(lambda: one.post(lost).status_code == 202, "events are taken again")
    await_until(lambda: other.post(lost).json().get("duplicates") == 1, "the other has heard of it")
    await_until(
        lambda: "matinee-stale" not in one.get("/users/1/recommendations").headers, "answers are fresh again"
    )
    told = [replica.get("/users/1/history", k=1000).json()["history"] for replica in (one, other)]
    assert told[0] == told[1]
