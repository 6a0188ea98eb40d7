"""Start, stop and see the servers of a home. For tests and for `python -m deploy.local`."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.cache import locked
from deploy.local.errors import MissingToolError, ServerError
from deploy.local.place import HOME, Place, Ports, is_free
from deploy.local.process import Process
from deploy.local.servers.base import Server
from deploy.local.servers.hdfs import Hdfs
from deploy.local.servers.kafka import Kafka
from deploy.local.servers.s3 import S3
from deploy.local.servers.spark import Spark
from deploy.local.servers.yarn import Yarn

__all__ = [
    "HOME", "SERVERS", "MissingToolError", "Place", "Ports", "Process", "Running", "ServerError",
    "clean", "down", "find", "processes", "up",
]  # fmt: skip

SERVERS: dict[str, Server] = {server.name: server for server in (Kafka(), Hdfs(), Yarn(), Spark(), S3())}
"""In the order in which they are started: each after those that it needs."""

READY_SECONDS = 600.0
"""How long a server may take until it does its work; one takes 5 to 30 s on an idle machine."""


@dataclass(frozen=True)
class Running:
    """A server that is up. `started` is false when it already was; `environment` is for its clients."""

    name: str
    address: str
    processes: tuple[Process, ...]
    ports: dict[str, int]
    environment: dict[str, str]
    started: bool

    @property
    def pid(self) -> int | None:
        """The id of its main process, while that runs."""
        return self.processes[0].pid

    @property
    def log(self) -> Path:
        """What its main process prints."""
        return self.processes[0].log


def up(
    name: str, home: Path = HOME, ports: Ports = None, say: Callable[[str], None] = lambda _: None
) -> Running:
    """Bring server `name` up in `home`, after those that it needs; what runs stays as it is.

    Returns when it does its work. Raises MissingToolError, or ServerError: then what this call had
    started of it is stopped. `say` is told what is being done.
    """
    server = SERVERS[name]
    for needed in server.needs:
        up(needed, home, ports, say)
    place = Place(home.absolute(), name)
    with locked(place.folder / "lock"):
        first = _first_port(name) + ports if isinstance(ports, int) else None
        place.choose_ports(server.ports, first, free=ports == "free")
        running = find(name, home)
        if running:
            return running
        _start(server, place, say)
        return _running(server, place, started=True)


def find(name: str, home: Path = HOME) -> Running | None:
    """Server `name` of `home` if it is up and does its work."""
    server, place = SERVERS[name], Place(home.absolute(), name)
    alive = all(process.pid for process in _processes(server, place))
    return _running(server, place, started=False) if alive and _is_ready(server, place) else None


def processes(name: str, home: Path = HOME) -> tuple[Process, ...]:
    """The processes of server `name` of `home`; each has a `pid` while it runs."""
    return _processes(SERVERS[name], Place(home.absolute(), name))


def down(name: str, home: Path = HOME) -> bool:
    """Stop server `name` of `home`, and only what was started there. False when nothing ran."""
    place = Place(home.absolute(), name)
    if not place.is_made:
        return False
    with locked(place.folder / "lock"):
        stopped = [process.stop() for process in reversed(_processes(SERVERS[name], place))]
        return any(stopped)


def clean(name: str, home: Path = HOME) -> bool:
    """Stop server `name` of `home` and delete its data and logs. False when there was nothing."""
    down(name, home)
    place = Place(home.absolute(), name)
    if not place.is_made:  # a folder that was not made here is not deleted
        return False
    shutil.rmtree(place.folder)
    return True


def _start(server: Server, place: Place, say: Callable[[str], None]) -> None:
    say(f"{server.name}: fetching what is not here yet …")
    commands = server.commands(place)
    processes = _processes(server, place)
    if not any(process.pid for process in processes):
        _refuse_taken_ports(server, place)
    server.configure(place)
    _format_once(server, place, say)
    started = [process for process in processes if not process.pid]
    say(f"{server.name}: starting …")
    try:
        for process in started:
            process.start(commands[process.name], server.process_environment(place))
        _await_ready(server, place, processes)
    except BaseException:
        for process in reversed(started):
            process.stop()
        raise


def _refuse_taken_ports(server: Server, place: Place) -> None:
    taken = [str(port) for port in place.ports.values() if not is_free(port)]
    if taken:
        raise ServerError(
            f"{server.name} cannot listen on {', '.join(taken)}: another program does; stop it, "
            "or use other ports: --home DIR --ports free"
        )


def _format_once(server: Server, place: Place, say: Callable[[str], None]) -> None:
    done = place.folder / "formatted"
    if not done.exists():
        say(f"{server.name}: making its empty data …")
        shutil.rmtree(place.data, ignore_errors=True)  # of one who was interrupted here
        place.data.mkdir()
        server.format(place)
        done.touch()


def _await_ready(server: Server, place: Place, processes: tuple[Process, ...]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(server, place):
        dead = next((process for process in processes if not process.pid), None)
        if dead:
            raise ServerError(
                f"{server.name}'s {dead.name} ended while it was starting; {dead.log} ends so:\n{dead.tail()}"
            )
        if time.monotonic() > deadline:
            logs = ", ".join(str(process.log) for process in processes)
            raise ServerError(f"{server.name} does not work after {READY_SECONDS:g} s; look into {logs}")
        time.sleep(0.1)


def _is_ready(server: Server, place: Place) -> bool:
    try:
        return server.is_ready(place)
    except Exception:  # whatever its client raises says that it does not do its work yet
        return False


def _processes(server: Server, place: Place) -> tuple[Process, ...]:
    return tuple(Process(place.folder, name) for name in server.processes)


def _running(server: Server, place: Place, *, started: bool) -> Running:
    return Running(
        server.name,
        server.address(place),
        _processes(server, place),
        place.ports,
        server.environment(place),
        started,
    )


def _first_port(name: str) -> int:
    """What is added to the first port of all for that of `name`: as many as the servers before it take."""
    before = list(SERVERS)[: list(SERVERS).index(name)]
    return sum(len(SERVERS[other].ports) for other in before)
