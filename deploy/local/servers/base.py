"""What a server is: its ports, what it needs, its processes, and how one sees that it is ready."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import httpx

from deploy.local import cache, tools
from deploy.local.place import Place

HTTP = httpx.Client(timeout=10, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
"""To ask a server that is starting, again and again: made anew each time, it would read all certificates."""


class Server(ABC):
    """One kind of server. It keeps nothing: all that it has is at a place."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    """Servers that must be up before it."""
    ports: ClassVar[Mapping[str, int]]
    """The usual port for each use."""
    processes: ClassVar[tuple[str, ...]]
    """In the order in which they are started. The first is the main one."""

    @abstractmethod
    def configure(self, place: Place) -> None:
        """Write its configuration, with the ports and folders of `place`. Done before every start."""

    def format(self, place: Place) -> None:  # noqa: B027  # most need none
        """Make its empty data. Done once; `place.data` is an empty folder."""

    @abstractmethod
    def commands(self, place: Place) -> dict[str, Sequence[str]]:
        """The command of each process."""

    @abstractmethod
    def is_ready(self, place: Place) -> bool:
        """Whether it does its work, by asking it for some. Anything that asking raises counts as no."""

    @abstractmethod
    def address(self, place: Place) -> str:
        """What a client connects to."""

    def environment(self, place: Place) -> dict[str, str]:
        """The variables that programs need to work with it."""
        return {}

    def process_environment(self, place: Place) -> dict[str, str]:
        """The variables of its own processes."""
        return {}


def java_command(place: Place, main: str, *arguments: str, options: Sequence[str] = ()) -> list[str]:
    """The command for class `main` of the jars in the server's `pom.xml`, its configuration first."""
    path = f"{place.conf}:{cache.jars(place.source / 'pom.xml')}/*"
    return [tools.java(), *options, "-cp", path, main, *arguments]
