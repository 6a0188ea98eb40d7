"""The verbs, as a person or a program meets them: errors in one line, JSON, and processes that end well."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from matinee.app import open_matinee
from matinee.cli import show, up
from matinee.errors import SettingError
from matinee.models.artifact import Origin
from matinee.serve.quality import LiveQuality
from tests import support


def said(home: Path, *arguments: str, code: int = 1, **settings: object) -> str:
    """What a verb says on standard error, which must be one line and no traceback, with this exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "matinee", *arguments],
        env=support.environment(home, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=home if home.is_dir() else None,
        timeout=support.SECONDS,
        check=False,
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr + done.stdout


def test_an_empty_home_answers_every_question(tmp_path):
    assert "matinee data load" in support.run(tmp_path, "recommend", "someone")
    assert json.loads(support.run(tmp_path, "recommend", "someone", "--json")) == []
    assert "No movie" in support.run(tmp_path, "search", "toy")
    assert "matinee train" in support.run(tmp_path, "models", "list")
    assert json.loads(support.run(tmp_path, "stream", "--once", "--json"))["events"] == 0
    assert "ok" in support.run(tmp_path, "doctor")


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("train",), {}, ("no interactions", "matinee stream")),
        (("evaluate",), {}, ("no interactions", "matinee stream", "path")),
        (("evaluate", "nowhere"), {}, ("nowhere is not there",)),
        (("tune", "sequence"), {}, ("no interactions", "matinee stream", "path")),
        (("evaluate", ".", "--model", "ease"), {}, ("is empty", "ratings.csv")),
        (("bench", "serving"), {}, ("no benchmarks", "checkout", "make bench")),
        (("similar", "none"), {}, ("'none'", "matinee search")),
        (("data", "load", "nowhere"), {}, ("nowhere",)),
        (("models", "rollback"), {}, ("roll back",)),
        (("models", "activate", "none"), {}, ("'none'",)),
        (("train",), {"lake": "file:///a/b", "models": "file:///a/b"}, ("MATINEE_MODELS", "/a/b/models")),
        (("stream", "--once"), {"log": "sqlit:///tmp/x.db"}, ("did you mean sqlite://",)),
        (("stream", "--once"), {"log": "kafka://user:secret@host"}, ("kafka", "***")),
        (("stream", "--engine", "spark"), {}, ("MATINEE_LOG", "kafka://HOST:PORT")),
        (("stream", "--once"), {"micro_batch": "many"}, ("MATINEE_MICRO_BATCH", '"many"')),
        (("simulate", "--to", "http://127.0.0.1:9", "--rate", "0", "--events", "5"), {}, ("127.0.0.1:9",)),
    ],
)
def test_errors_say_what_and_what_to_do(tmp_path, arguments, settings, words):
    text = said(tmp_path, *arguments, **settings)
    assert text.startswith("Error: ")
    assert "secret" not in text
    for word in words:
        assert word in text


def test_a_port_in_use_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in said(tmp_path, "serve", "--port", port)


def test_loading_twice_adds_nothing(sample, tmp_path):
    first = json.loads(support.run(tmp_path, "data", "load", str(sample), "--json"))
    again = json.loads(support.run(tmp_path, "data", "load", str(sample), "--json"))
    assert first["new events"] == first["movies"] + first["ratings"]
    assert again["new events"] == 0


def test_replay_goes_on_where_it_stopped(sample, tmp_path):
    first = json.loads(support.run(tmp_path, "replay", str(sample), "--json"))
    again = json.loads(support.run(tmp_path, "replay", str(sample), "--json"))
    assert first["events"] > 0
    assert again["events"] == 0
    restarted = json.loads(support.run(tmp_path, "replay", str(sample), "--restart", "--json"))
    assert restarted["events"] == first["events"]


def test_a_simulation_without_a_catalogue_makes_one_and_its_events_are_accepted(tmp_path):
    sent = json.loads(support.run(tmp_path, "simulate", "--rate", "0", "--events", "3000", "--json"))
    drained = json.loads(support.run(tmp_path, "stream", "--once", "--json"))
    assert sent["events"] == 3000
    assert drained["rejects"] == 0
    assert drained["movies"] > 0
    assert drained["events"] + drained["movies"] == 3000


def test_recommendations_name_what_gave_the_most(trained_home):
    rows = json.loads(support.run(trained_home, "recommend", "1", "-k", "3", "--why", "--json"))
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert all(row["why"].endswith(".") for row in rows)


def test_a_list_may_be_as_varied_as_one_likes(trained_home):
    safest, varied = (
        json.loads(support.run(trained_home, "recommend", "1", "--variety", v, "--json")) for v in ("0", "1")
    )
    assert [row["movie"] for row in safest] != [row["movie"] for row in varied]
    assert "--variety" in said(trained_home, "recommend", "1", "--variety", "2", code=2)


def test_rollback_activates_what_was_active_before(home):
    before = json.loads(support.run(home, "models", "list", "--json"))
    with open_matinee(home) as matinee:  # as a training would, which has a test of its own
        matinee.registry.publish(matinee.registry.load().model, Origin(datetime.now(UTC)))
    after = json.loads(support.run(home, "models", "list", "--json"))
    assert [row["active"] for row in after] == [True, False]
    rolled_back = json.loads(support.run(home, "models", "rollback", "--json"))
    assert rolled_back == {"active": before[0]["version"]}
    now = json.loads(support.run(home, "models", "list", "--json"))
    assert [row["version"] for row in now if row["active"]] == [before[0]["version"]]


def test_up_serves_streams_trains_shows_the_page_and_ends_on_sigterm(sample, tmp_path):
    support.run(tmp_path, "data", "load", str(sample))
    port, page = support.free_port(), support.free_port()
    url = f"http://127.0.0.1:{port}"
    process = support.start(tmp_path, "up", "--port", str(port), ui_port=page)
    try:
        support.await_until(lambda: support.is_ready(url), "the API is ready")
        support.await_until(
            lambda: support.HTTP.get(f"{url}/v1/models").json()["serving"] != "untrained",
            "a trained model is served",
        )
        assert support.HTTP.get(f"{url}/v1/users/1/recommendations").json()["kind"] == "personal"
        support.await_until(lambda: support.is_shown(f"http://127.0.0.1:{page}"), "the page is there")
    finally:
        process.terminate()
        code = process.wait(support.SECONDS)
    assert code == 0
    assert not support.is_ready(url)


def test_a_version_that_the_lake_does_not_have_is_told_with_those_it_has(trained_home):
    text = said(trained_home, "train", "--version", "999")
    assert "no version 999" in text
    assert "go up to" in text
    assert "leave out --version" in text


def test_a_genre_that_no_movie_has_is_told_with_those_there_are(trained_home):
    text = support.run(trained_home, "recommend", "1", "--genre", "Comedie")
    assert "No movie has the genre 'Comedie'" in text
    assert "Animation, Children, Comedy" in text
    assert json.loads(support.run(trained_home, "recommend", "1", "--genre", "Comedie", "--json")) == []


def test_tables_that_no_terminal_shows_are_plain_lines_with_tabs(trained_home):
    header, *lines = support.run(trained_home, "recommend", "1", "-k", "30", "--why").splitlines()
    assert header.split("\t") == ["rank", "movie", "title", "score", "why"]
    assert [line.split("\t")[0] for line in lines] == [str(rank) for rank in range(1, 31)]
    assert {len(line.split("\t")) for line in lines} == {5}
    drained = support.run(trained_home, "stream", "--once").splitlines()
    assert all(len(line.split("\t")) == 2 for line in drained)


def test_up_trains_a_day_after_the_last_training_and_not_at_every_start(trained_home):
    with open_matinee(trained_home) as matinee:
        created = datetime.fromisoformat(matinee.registry.versions()[-1].manifest["created"])
        due = created + timedelta(seconds=matinee.settings.train_every)
        assert up._until_training(matinee) == pytest.approx((due - datetime.now(UTC)).total_seconds(), abs=9)


def test_up_trains_at_once_where_there_is_no_model(tmp_path):
    with open_matinee(tmp_path) as matinee:
        assert up._until_training(matinee) == 0


ROWS = [{"model": "sequence", "HR@10": "0.2320 ±0.0060", "NDCG@10": "0.1320 ±0.0040", "fit s": 12.5}] * 2


@pytest.mark.parametrize(
    ("width", "tables"),
    [
        (80, [["model", "HR@10", "NDCG@10", "fit s"]]),
        (45, [["model", "HR@10", "NDCG@10"], ["model", "fit s"]]),
        (5, [["model", "HR@10"], ["model", "NDCG@10"], ["model", "fit s"]]),
    ],
)
def test_a_table_that_is_too_wide_is_parted_and_no_number_is(width, tables):
    assert show._parted(ROWS, 1, width) == tables


def test_bench_runs_the_benchmarks_of_the_checkout(tmp_path):
    assert "serving" in support.run(tmp_path, "bench", "--", "--help")


@pytest.mark.skipif(sys.platform == "win32", reason="rows are told apart by locks of POSIX")
def test_two_workers_share_their_live_quality_and_judge_each_event_once(home):
    with support.serving(home, workers=2, judge_share=0.5) as url:
        folder = home / "run" / "metrics"
        support.await_until(lambda: not is_free(folder), "both workers have a row of the figures")
        likes = [{"type": "like", "user": f"u{n % 10}", "movie": str(n + 1)} for n in range(100)]
        for start in range(0, 100, 7):
            support.HTTP.post(f"{url}/v1/events", json=likes[start : start + 7]).raise_for_status()

        def outcomes() -> list[dict[str, int]]:  # each on a connection of its own
            return [support.HTTP.get(f"{url}/v1/insights/live-quality").json()["outcomes"] for _ in range(12)]

        support.await_until(lambda: sum(outcomes()[0].values()) == 100, "every event is looked at")
        found = outcomes()
        assert found == found[:1] * 12
        assert found[0]["judged"] > 0


def is_free(folder: Path) -> bool:
    """Whether one of two rows belongs to no process."""
    quality = LiveQuality(2, folder)
    free = quality.claim()
    quality.close()
    return free


def test_two_workers_agree(home):
    with support.serving(home, workers=2) as url:
        for number in range(20):
            user = f"new-{number}"
            with httpx.Client(base_url=url) as one, httpx.Client(base_url=url) as other:
                sent = one.post("/v1/events", json={"type": "like", "user": user, "movie": "1"})
                assert sent.status_code == 202
                assert other.get(f"/v1/users/{user}/history").json()["total"] == 1


def test_the_lakes_own_events_can_be_evaluated_on(home):
    arguments = ("evaluate", "--model", "ease", "--model", "blend", "--json")
    one, other = (json.loads(support.run(home, *arguments)) for _ in range(2))
    file = Path(one.pop("file"))
    costs = one.pop("costs")
    assert file.parent == home / "evaluations"
    assert json.loads(file.read_bytes()) == one
    assert {**one, "costs": 0, "file": str(file)} == {**other, "costs": 0}
    assert one["data"]["name"] == "lake"
    assert set(costs) == set(one["models"]) == {"popularity", "recency-popularity", "ease", "blend"}


def test_an_evaluation_is_a_table_and_a_file(sample, tmp_path):
    out = tmp_path / "of" / "strong.json"
    told = ("--protocol", "strong", "--model", "edlae:ridge=50", "--out", str(out))
    text = support.run(tmp_path, "evaluate", str(sample), *told)
    hit, beyond = text.split("\n\n")
    assert hit.splitlines()[0].split("\t")[:4] == ["model", "Recall@20", "Recall@50", "NDCG@100"]
    assert beyond.splitlines()[0].split("\t")[1] == "coverage@10"
    assert str(out) in beyond.splitlines()[-1]
    first = out.read_bytes()
    support.run(tmp_path, "evaluate", str(sample), *told)
    assert out.read_bytes() == first
    assert json.loads(first)["models"]["edlae:ridge=50"]["ridge"] == 50


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "eaze"), "no model is called 'eaze'; did you mean ease?"),
        (("--protocol", "strong", "--model", "ease-frozen"), "leave out -frozen"),
        (("--out", "/proc/none/file.json"), "cannot be written"),
        (("--model", "ease:ridge=-1e6", "--protocol", "strong"), "ridge=-1e6: wanted is 0 or more"),
        (("--model", "ease:ridge=0", "--protocol", "strong"), "ease:ridge=0 failed: LinAlgError"),
    ],
)
def test_what_cannot_be_evaluated_is_told(sample, tmp_path, arguments, words):
    assert words in said(tmp_path, "evaluate", str(sample), *arguments)


def test_a_result_that_cannot_be_written_leaves_the_earlier_one(tmp_path):
    out = tmp_path / "result.json"
    out.write_text("earlier")

    class Result:
        name = "result.json"

        def as_bytes(self) -> bytes:
            raise OSError(28, "No space left on device")

    with open_matinee(tmp_path) as matinee, pytest.raises(SettingError, match="name another --out"):
        matinee.keep(cast("Any", Result()), out)
    assert [path.read_text() for path in tmp_path.glob("*result*")] == ["earlier"]


def test_a_header_whose_quotes_do_not_match_is_told(tmp_path):
    (tmp_path / "ratings.csv").write_text('"userId,movieId,rating,timestamp\n1,2,3,4\n')
    assert "no header that can be read" in said(tmp_path / "home", "evaluate", str(tmp_path))


def test_what_tuning_finds_is_what_training_uses(home, sample):
    told = ("tune", "popular", str(sample), "--trials", "6", "--signed", "--protocol", "last")
    found = json.loads(support.run(home, *told, "--json"))
    assert Path(found.pop("file")).read_bytes().startswith(b"{")
    assert found["outcomes"]["finished"] >= 1
    assert len(found["trials"]) == 6
    (home / "tuned.json").write_text('{"popular": {"settings": {"half_life_days": 30}}}')
    text = support.run(home, "train")
    assert f"popular as tuned in {home}/tuned.json: half_life_days 30" in text
    manifest = json.loads(next(home.glob(f"models/{text.split()[-4]}/model.json")).read_text())
    assert manifest["settings"]["parts"]["popular"]["half_life_days"] == 30
    (home / "tuned.json").write_text('{"popular": {"settings": {"half_life": 30}}}')
    assert "did you mean half_life_days?; mend or remove the file" in said(home, "train")


def test_a_killed_search_goes_on_where_it_was(sample, tmp_path):
    told = ("tune", "popular", str(sample), "--protocol", "last", "--json", "--trials")
    process = support.start(tmp_path, *told, "9999")
    journal = tmp_path / "tuning"
    try:
        support.await_until(lambda: _finished(journal) >= 3, "three trials are over")
    finally:
        process.kill()
        process.wait(support.SECONDS)
    finished = _finished(journal)
    file = next(journal.iterdir())
    before = file.read_bytes()
    again = json.loads(support.run(tmp_path, *told, str(finished + 1)))
    assert file.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    assert _finished(journal) == finished + 1 == len(again["trials"])
    whole = json.loads(support.run(tmp_path / "other", *told, str(finished + 1)))
    assert whole["trials"] == again["trials"]


def _finished(folder: Path) -> int:
    """The trials that the one journal in the folder has, each a line."""
    lines = [
        line for file in folder.glob("*.journal") for line in file.read_bytes().splitlines(keepends=True)
    ]
    return sum(line.endswith(b"\n") and b'"datetime_complete"' in line for line in lines)


def test_tuning_without_its_library_says_what_to_install(sample, tmp_path):
    program = (
        "import sys; sys.modules['optuna'] = None; sys.argv[1:] = "
        f"['--home', {str(tmp_path)!r}, 'tune', 'ease', {str(sample)!r}]; "
        "from matinee.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=support.environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: tuning needs optuna: in the checkout, .venv/bin/pip install -c constraints.txt -e '.[tune]'\n"
    )


def test_python_m_matinee_is_matinee():
    assert os.access(Path(sys.executable).with_name("matinee"), os.X_OK)
