"""The verb that measures: it hands on to the benchmarks of a checkout, which are no part of the package."""

import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import click

from matinee.errors import SourceError

_PACKAGE = "benchmarks"


@click.command(
    context_settings={"ignore_unknown_options": True}, epilog="Example: matinee bench serving --quick"
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[NAME | OPTION]...")
def bench(arguments: tuple[str, ...]) -> None:
    """Measure the figures of docs/benchmarks.md, or those of NAME, in a checkout of Matinee.

    The options are those of `python -m benchmarks`: --quick for a first look, --json, --write, --data PATH.
    """
    found = PathFinder.find_spec(_PACKAGE, [str(Path.cwd())])
    if found is None or found.origin is None or not Path(found.origin).with_name("__main__.py").exists():
        raise SourceError(
            f"{Path.cwd()} has no benchmarks: they come with a checkout of Matinee, not with the package; "
            "go to its folder and run matinee bench, or make bench, there"
        )
    sys.exit(subprocess.run([sys.executable, "-m", _PACKAGE, *arguments], check=False).returncode)
