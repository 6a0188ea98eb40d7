"""The servers of the demo: fetched, brought up, and stopped unless they ran before."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local import cache, servers, tools
from deploy.local.place import Place
from deploy.local.servers import Ports, Running
from matinee.settings import load_settings
from matinee.stream.jars import jars

NAMES = ("kafka", "hdfs", "yarn")
"""The servers that it needs."""


def fetch(home: Path) -> None:
    """Fetch the jars of servers and of Spark that are not here.

    Raises MissingToolError or MissingExtraError, saying what to install.
    """
    tools.java()
    for name in NAMES:
        cache.jars(Place(home, name).source / "pom.xml")
    jars(load_settings().jars.expanduser())


def ran_before(home: Path) -> list[str]:
    """Those of the servers that are up, at least a part of them."""
    return [name for name in NAMES if any(each.pid for each in servers.processes(name, home))]


@contextmanager
def running(home: Path, ports: Ports, before: Sequence[str]) -> Iterator[dict[str, Running]]:
    """The servers, up. Those that ran `before` run on after it; the others are stopped, whatever happens."""
    try:
        yield {name: servers.up(name, home, ports, lambda _: None) for name in NAMES}
    finally:
        with undisturbed():
            for name in reversed(NAMES):
                if name not in before:
                    servers.down(name, home)


@contextmanager
def undisturbed() -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM do nothing: what tidies up is not to be cut off."""
    before = [(name, signal.signal(name, signal.SIG_IGN)) for name in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for name, handler in before:
            signal.signal(name, handler)
