"""What processes hold and held is what they were made to hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import memory
from benchmarks.machine import CHECKOUT

HOLD = "held = bytearray(100_000_000); print(flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"
linux = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells it")


def holding(program):
    return subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@linux
@pytest.mark.parametrize("program", [HOLD, PARENT])
def test_a_process_and_those_below_it_count(program):
    with holding(program) as process:
        watch = memory.Watch()
        watch.start(process.pid)
        process.stdout.readline()
        assert 100e6 < memory.held(process.pid) < 150e6
        most = watch.stop()
        process.communicate("\n")
    assert most <= 150e6
    assert memory.held(process.pid) == 0


@linux
def test_the_watch_saw_the_most():
    with holding(HOLD) as process:
        process.stdout.readline()
        watch = memory.Watch()
        watch.start(process.pid)
        assert watch.stop() > 100e6
        process.communicate("\n")


def test_a_command_is_timed_and_its_peak_is_its_own(tmp_path):
    own = bytearray(300_000_000)
    timed = [sys.executable, "-I", "-S", CHECKOUT / "benchmarks/timed.py", tmp_path / "took.json"]
    done = subprocess.run([*timed, sys.executable, "-c", "bytearray(100_000_000); exit(3)"], check=False)
    took = json.loads((tmp_path / "took.json").read_text())
    assert done.returncode == 3
    assert 100e6 < took["memory"] < 150e6 < len(own)
    assert took["seconds"] > 0
    assert took["processor"] > 0
