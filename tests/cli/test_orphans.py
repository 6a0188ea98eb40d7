"""What a process started for itself ends, gracefully, when that process was killed."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests import support

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")


def status(pid: int) -> list[str]:
    """The fields of a process behind its name: its state, its parent, … ; none when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def is_running(pid: int) -> bool:
    return status(pid)[:1] not in ([], ["Z"])


def descendants(pid: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    children = [each for each in pids if status(each)[1:2] == [str(pid)]]
    return [*children, *(each for child in children for each in descendants(child))]


@pytest.mark.parametrize("command", ["up", "serve"])
def test_nothing_is_left_behind_of_what_was_killed(home, command):
    port = support.free_port()
    url = f"http://127.0.0.1:{port}"
    process = support.start(home, command, "--port", str(port), "--workers", "2", ui_port=support.free_port())
    left: list[int] = []
    try:
        support.await_until(lambda: support.is_ready(url), "the API is ready")
        sent = support.HTTP.post(f"{url}/v1/events", json={"type": "like", "user": "last", "movie": "1"})
        assert sent.status_code == 202
        left = descendants(process.pid)
        assert len(left) >= (5 if command == "up" else 2)
    finally:
        process.kill()
        process.wait()
    try:
        support.await_until(lambda: not any(map(is_running, left)), "its processes are gone", 20)
    finally:
        for pid in filter(is_running, left):
            os.kill(pid, signal.SIGKILL)
    text = (home / "logs" / f"{command}.log").read_text()
    assert "is gone: ending" in text
    assert "Traceback" not in text
