"""The demo in a terminal, until Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from matinee.demo import free_port, running
from matinee.errors import SettingError
from matinee.settings import load_settings
from tests.support import ROOT


def test_ctrl_c_ends_the_demo(home: Path):
    (home / "demo.loaded").touch()
    ours, theirs = pty.openpty()
    port = str(free_port("127.0.0.1", 8000))
    demo = subprocess.Popen(
        [sys.executable, "-m", "matinee", "demo"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"MATINEE_HOME": str(home), "MATINEE_PORT": port},
        cwd=ROOT,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    try:
        while b"Ctrl-C ends it." not in said:
            said += os.read(ours, 4096)
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does it
        while b"Bye." not in said:
            said += os.read(ours, 4096)
        assert demo.wait(30) == 0
    except OSError as error:  # it ended before
        raise AssertionError(said.decode()) from error
    finally:
        demo.kill()
        demo.wait()
        os.close(ours)


def test_the_demo_tells_its_story_on_no_other_server(home: Path, api: str):
    taken_meanwhile = load_settings(home=home).with_(port=int(api.rpartition(":")[2]))
    with pytest.raises(SettingError, match="another Matinee has come up"), running(taken_meanwhile):
        raise AssertionError("the other server was taken for its own")
