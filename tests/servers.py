"""Real servers for tests: one of each for the whole run, shared by all workers, or one of a test's own.

    def test_something(kafka):               # shared: use topics, folders and buckets of your own
        connect(kafka.address)

    def test_a_crash(own_server):
        broker = own_server("kafka")         # another home, other ports
        broker.kill()                        # kill -9
        broker.start()                       # on the same data and ports

Without Java, Maven or Go such a test is skipped, and fails when CI is set.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from deploy.local import servers
from deploy.local.servers import MissingToolError, Running
from tests.support import await_until

SHARED_HOME = "MATINEE_TEST_SERVERS"
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Most of what a young JVM does is to compile, for a long life that it does not have in tests."""


Had = TypeVar("Had")


def had(get: Callable[[], Had]) -> Had:
    """What `get` gives. Without a program that it needs the test is skipped, or fails when CI is set."""
    try:
        return get()
    except MissingToolError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def is_gone(pid: int) -> bool:
    """Whether the process has ended, be it that nobody has waited for it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def shared(name: str) -> Running:
    """The server `name` that all tests of this run share, started by the first that asks for it."""
    return _up(name, Path(os.environ[SHARED_HOME]))


class Own:
    """A server of a test's own, up in `home` at ports of its own."""

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.home = home
        self.running = self.start()

    @property
    def address(self) -> str:
        """Where it listens, before and after a restart."""
        return self.running.address

    def start(self) -> Running:
        """Start it where it was, on what it had; return when it does its work."""
        self.running = _up(self.name, self.home)
        return self.running

    def kill(self, *processes: str) -> None:
        """kill -9 of all its processes, or of those named; return when they are gone."""
        for process in self.running.processes:
            if not processes or process.name in processes:
                if pid := process.pid:
                    os.kill(pid, signal.SIGKILL)
                await_until(lambda process=process: not process.pid, f"{process.name} is gone")  # type: ignore[misc]

    def pause(self) -> None:
        """Stop all its processes in the middle of what they do: they keep their ports, and answer nothing."""
        self._signal(signal.SIGSTOP)
        await_until(self._is_stopped, f"{self.name} is stopped")

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop it as `servers-down` does."""
        servers.down(self.name, self.home)

    def _is_stopped(self) -> bool:
        """A signal to stop is on its way for a while: until the thread that got it runs, all others work."""
        pids = [process.pid for process in self.running.processes]
        try:
            threads = [thread for pid in pids if pid for thread in psutil.Process(pid).threads()]
            return all(psutil.Process(thread.id).status() == psutil.STATUS_STOPPED for thread in threads)
        except psutil.NoSuchProcess:  # it was just ending
            return False

    def _signal(self, number: signal.Signals) -> None:
        for process in self.running.processes:
            if pid := process.pid:
                os.kill(pid, number)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[[str], Own]]:
    """A function that starts a server of the test's own; all of them are gone with the test."""
    homes: list[Path] = []

    def start(name: str) -> Own:
        homes.append(tmp_path / f"servers{len(homes)}")
        return Own(name, homes[-1])

    yield start
    for home in homes:
        _clean(home)


@pytest.fixture(scope="session")
def kafka() -> Running:
    """`address` is `bootstrap.servers`."""
    return shared("kafka")


@pytest.fixture(scope="session")
def hdfs() -> Running:
    """`address` is `fs.defaultFS`, `ports["http"]` that of WebHDFS."""
    return shared("hdfs")


@pytest.fixture(scope="session")
def yarn() -> Running:
    """`environment` says where its configuration is, for Spark with the master `yarn`."""
    return shared("yarn")


@pytest.fixture(scope="session")
def spark() -> Running:
    """`address` is `spark.master`."""
    return shared("spark")


@pytest.fixture(scope="session")
def s3() -> Running:
    """`address` is the endpoint, `environment` has the keys; there is a bucket `matinee`."""
    return shared("s3")


def pytest_configure(config: pytest.Config) -> None:
    """Name the home of the shared servers, and say how JVMs work, once: workers inherit both."""
    if not _is_worker(config):
        os.environ[SHARED_HOME] = tempfile.mkdtemp(prefix="matinee-servers-")
        os.environ.setdefault("JDK_JAVA_OPTIONS", SHORT_LIVED)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Bring the shared servers down when every worker has ended."""
    if not _is_worker(config):
        _clean(Path(os.environ.pop(SHARED_HOME)))


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _up(name: str, home: Path) -> Running:
    return had(lambda: servers.up(name, home, "free"))


def _clean(home: Path) -> None:
    for name in reversed(servers.SERVERS):
        servers.clean(name, home)
    shutil.rmtree(home, ignore_errors=True)
