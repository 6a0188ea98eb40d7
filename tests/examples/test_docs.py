"""The commands and programs of the docs run. Those of the lake's page have a test of their own."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from functools import cache
from pathlib import Path

import pytest

from tests import support

PAGES = [support.ROOT / "README.md", *sorted((support.ROOT / "docs").glob("*.md"))]


def examples(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def data(sample, tmp_path):
    """The folder `data` of a checkout, with fewer users in it."""
    folder = tmp_path / "data"
    shutil.copytree(sample, folder / "ml-latest-small")
    shutil.copy(support.ROOT / "data" / "tmdb.csv", folder)
    return folder


@pytest.mark.parametrize("path", [p for p in PAGES if examples(p, "console")], ids=lambda p: p.name)
def test_the_commands_of_a_page_run(path, home, data):
    """Every `$ command` runs in order, on a home of its own; from the first `curl` on with one server."""
    commands = [
        line[2:] for block in examples(path, "console") for line in block.splitlines() if line[:2] == "$ "
    ]
    assert commands
    shutil.copytree(data, home / "data")
    with ExitStack() as stack:
        serving = cache(lambda: stack.enter_context(support.serving(home)))
        for command in commands:
            _run(command, home, serving)


def _run(command: str, home: Path, serving: Callable[[], str]) -> None:
    words = shlex.split(command)
    if words[0] == "make" or words[:2] == ["matinee", "up"]:
        return  # make is what runs this; `up` has a test of its own, since it does not end
    if words[0] == "curl":
        shown = command.replace("http://127.0.0.1:8000", serving())
        _done(["curl", "--fail-with-body", "-sS", *shlex.split(shown)[1:]], home)
        return
    assert words[0] == "matinee", command
    _done(["bash", "-c", command.replace("matinee", f"{sys.executable} -m matinee", 1)], home)


def _done(command: list[str], home: Path, **more: str) -> None:
    environment = support.environment(home) | more
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "path", [p for p in PAGES if examples(p, "python") and p.name != "lake.md"], ids=lambda p: p.name
)
def test_the_python_of_a_page_runs(path, home, data, tmp_path):
    shutil.copytree(data, home / "data")
    program = tmp_path / "example.py"
    program.write_text("\n".join(examples(path, "python")))
    asks = "MATINEE_URL" in program.read_text()
    with support.serving(home) if asks else nullcontext("") as url:
        _done([sys.executable, str(program)], home, MATINEE_URL=url)
