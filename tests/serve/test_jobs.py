"""Jobs are real verbs beside the API: one of a name at a time, whichever worker is asked, whatever dies."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from matinee.errors import JobError, StoreError
from matinee.jobs import Jobs
from matinee.settings import load_settings
from tests import processes, support

NAMES = ["train", "simulate"]


class Service:
    """The API with two workers; every request goes to whichever of them the system chooses."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url

    def asked(self, method: str, path: str, **more: Any) -> httpx.Response:
        return support.HTTP.request(method, f"{self.url}/v1{path}", timeout=60, **more)

    def job(self, name: str) -> dict[str, Any]:
        jobs = self.asked("GET", "/jobs").json()["jobs"]
        assert [job["name"] for job in jobs] == NAMES
        found: dict[str, Any] = jobs[NAMES.index(name)]
        return found

    def becomes(self, name: str, state: str) -> dict[str, Any]:
        support.await_until(lambda: self.job(name)["state"] == state, f"{name} is {state}")
        return self.job(name)

    def processes(self, verb: str) -> list[psutil.Process]:
        """Those of a job; a thread of the API's is none."""
        return [
            each
            for each in processes.living("matinee", "MATINEE_HOME", str(self.home))
            if verb in each.cmdline()
        ]


@pytest.fixture(scope="module")
def service(trained_home, tmp_path_factory) -> Iterator[Service]:
    home = shutil.copytree(trained_home, tmp_path_factory.mktemp("jobs") / "home")
    with support.serving(home, workers=2) as url:
        yield Service(home, url)


def test_a_training_is_seen_from_every_worker_until_its_model_is_served(service):
    before = service.asked("GET", "/models").json()["serving"]
    shares: list[float] = []
    started = service.asked("POST", "/jobs/train")
    assert started.status_code == 202
    assert (started.json()["state"], started.json()["ended"]) == ("running", None)

    def has_ended() -> bool:
        job = service.job("train")
        if job["state"] == "running" and job["share"] is not None:
            assert job["what"]
            shares.append(job["share"])
        return bool(job["state"] != "running")

    support.await_until(has_ended, "the training has ended")
    job = service.job("train")
    assert job["state"] == "done", job
    assert job["started"] < job["ended"]
    assert shares == sorted(shares)
    assert len(set(shares)) > 2
    version = job["says"].removesuffix(" published")
    assert version != before
    support.await_until(
        lambda: {service.asked("GET", "/models").json()["serving"] for _ in range(10)} == {version},
        "every worker serves the model",
    )
    assert service.asked("GET", "/models").json()["before"] == before
    assert service.asked("POST", "/models/rollback").json() == {"serving": before}
    assert service.asked("GET", "/models").json()["before"] is None
    refused = service.asked("POST", "/models/rollback")
    assert refused.status_code == 409
    assert "nothing to roll back to" in refused.json()["detail"]


def test_of_many_starts_at_once_one_is_taken(service):
    with ThreadPoolExecutor(12) as pool:
        starts = [pool.submit(service.asked, "POST", "/jobs/simulate") for _ in range(12)]
        answers = [start.result() for start in starts]
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 11
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "simulate is running already" in refused.json()["detail"]
    assert len(service.processes("simulate")) == 1
    assert service.asked("DELETE", "/jobs/simulate").json()["state"] == "stopped"
    assert service.processes("simulate") == []


def test_simulations_end_by_themselves_and_no_two_are_the_same(service):
    sent = []
    for _ in range(2):
        before = int(service.asked("GET", "/popular").json()["offset"])
        job = service.asked("POST", "/jobs/simulate", json={"rate": 50, "minutes": 0.1}).json()
        assert job["name"] == "simulate"
        job = service.becomes("simulate", "done")
        assert (job["says"], job["share"]) == ("300 events sent", 1.0)
        sent.append(int(service.asked("GET", "/popular").json()["offset"]) - before)
    assert sent == [300, 300], "events of the same seed would be duplicates"


def test_stopped_from_any_worker(service):
    for _ in range(4):
        assert service.asked("POST", "/jobs/simulate").status_code == 202
        stopped = service.asked("DELETE", "/jobs/simulate")
        assert stopped.status_code == 200
        assert stopped.json()["state"] == "stopped"
        assert stopped.json()["ended"]
    refused = service.asked("DELETE", "/jobs/simulate")
    assert refused.status_code == 409
    assert "nothing to stop" in refused.json()["detail"]


def test_a_killed_job_has_failed_and_can_be_started_again(service):
    assert service.asked("POST", "/jobs/train").status_code == 202
    support.await_until(lambda: bool(service.processes("train")), "it runs")
    for each in service.processes("train"):
        each.kill()
    job = service.becomes("train", "failed")
    assert job["says"] == "killed by signal 9"
    trouble = service.asked("GET", "/monitor").json()["errors"][0]
    assert (trouble["level"], trouble["event"]) == ("warning", "job ended")
    assert json.loads(trouble["line"])["says"] == "killed by signal 9"
    assert service.asked("POST", "/jobs/train").status_code == 202
    assert service.asked("DELETE", "/jobs/train").json()["state"] == "stopped"


def test_a_job_ends_with_the_worker_that_started_it_and_another_tells(service):
    assert service.asked("POST", "/jobs/simulate").status_code == 202
    support.await_until(lambda: bool(service.processes("simulate")), "it runs")
    job = service.processes("simulate")[0]
    job.parent().kill()
    support.await_until(lambda: not service.processes("simulate"), "it has ended too")

    def told() -> bool:
        try:
            return bool(service.job("simulate")["state"] == "failed")
        except httpx.TransportError:  # asked of the worker that was killed
            return False

    support.await_until(told, "who is left tells it")
    assert "killed" in service.job("simulate")["says"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"rate": 0}, "rate"), ({"rate": 1001}, "rate"), ({"minutes": 61}, "minutes"), ({"seed": 1}, "seed")],
)
def test_what_is_out_of_bounds_is_refused_by_name(service, body, field):
    answer = service.asked("POST", "/jobs/simulate", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_an_unknown_job_is_refused(service):
    assert service.asked("DELETE", "/jobs/cook").status_code == 422


def alone(home: Path, act: Callable[[Jobs], object]) -> None:
    jobs = Jobs(load_settings(home=home))
    try:
        act(jobs)
    finally:
        jobs.close()


def test_nothing_is_made_by_looking(tmp_path):
    assert [each.state for each in Jobs(load_settings(home=tmp_path)).all()] == ["never", "never"]
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_told_in_its_words(tmp_path):
    def train(jobs: Jobs) -> None:
        jobs.train()
        support.await_until(lambda: jobs.all()[0].state == "failed", "nothing can be trained on")
        assert "no interactions in the lake yet" in str(jobs.all()[0].says)

    alone(tmp_path, train)


def test_what_ends_with_the_api_was_stopped(home):
    with support.serving(home, workers=2) as url:
        assert support.HTTP.post(f"{url}/v1/jobs/train").status_code == 202
    assert Jobs(load_settings(home=home)).all()[0].state == "stopped"


def test_the_number_of_a_process_proves_nothing(home):
    """A file that says `running`, of a job that no process holds: as after a power cut."""
    (home / "jobs").mkdir()
    left = {"name": "train", "state": "running", "started": "2026-01-01T00:00:00Z", "share": 0.5}
    (home / "jobs" / "train.json").write_text(json.dumps(left))
    jobs = Jobs(load_settings(home=home))
    assert jobs.all()[0].state == "failed"
    with pytest.raises(JobError, match="not running"):
        jobs.stop("train")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "cook"}'])
def test_a_damaged_file_is_as_none(home, text):
    (home / "jobs").mkdir()
    (home / "jobs" / "train.json").write_text(text)
    assert Jobs(load_settings(home=home)).all()[0].state == "never"


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "jobs").write_text("a file")
    with pytest.raises(StoreError, match="jobs cannot be kept in"):
        Jobs(load_settings(home=tmp_path)).train()
