"""What tests are given: one server for all workers of a run, gone with it; a reason when it cannot be had."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import is_gone
from tests.support import ROOT

SHARED = """
import pytest
@pytest.mark.parametrize("i", range(4))
def test_shared(s3, i):
    assert s3.pid
    with open({file!r}, "a") as seen:
        seen.write(f"{{s3.pid}} {{s3.processes[0].folder}}\\n")
"""


def run(folder, text, *arguments, **environment):
    (folder / "test_inner.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CI"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.servers", "-rs", *arguments, "test_inner.py"],
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.usefixtures("s3")  # so that the gateway can be had
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
def test_all_workers_share_one_server_that_ends_with_the_run(tmp_path, workers):
    seen = tmp_path / "seen"
    done = run(tmp_path, SHARED.format(file=str(seen)), *workers)
    assert "4 passed" in done.stdout, done.stdout
    (line,) = set(seen.read_text().splitlines())
    pid, _, folder = line.partition(" ")
    assert is_gone(int(pid))
    assert not Path(folder).exists()


def test_without_java_a_test_is_skipped_with_the_reason_and_fails_in_ci(tmp_path):
    text = "def test_needs_it(kafka): pass\n"
    empty = {"PATH": str(tmp_path), "JAVA_HOME": ""}
    skipped = run(tmp_path, text, **empty)
    assert "1 skipped" in skipped.stdout
    assert "Java is missing, 17 or newer; install it: apt-get install openjdk-17" in skipped.stdout
    failed = run(tmp_path, text, **empty, CI="true")
    assert "1 error" in failed.stdout
    assert "Java is missing" in failed.stdout
