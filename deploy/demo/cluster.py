"""One Matinee on Kafka, HDFS and YARN: a worker that loads, streams and trains, and replicas that serve."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import polars as pl
from confluent_kafka.admin import AdminClient

from deploy.demo.errors import DemoError
from deploy.demo.servers import undisturbed
from deploy.local.place import HOST, Place, free_port
from deploy.local.servers import Running
from matinee.app import Matinee, open_matinee
from matinee.demo import server_at
from matinee.files import open_files
from matinee.parent import as_parent

GRACE = 60.0
"""Seconds that a process has to end by itself: the stream first ends the batch that it commits."""
PATIENCE = 300.0
"""Seconds until a process has done what is waited for; it takes a tenth of that on an idle machine."""
CHECKOUT = Path(__file__).parents[2]


class Verb(NamedTuple):
    """A verb of `matinee` at work on a machine."""

    machine: str
    name: str
    process: "subprocess.Popen[bytes]"


class Cluster(AbstractContextManager["Cluster"]):
    """Processes of `matinee` on these servers, each machine a home in `folder`; all of them end with it.

    `name` is the prefix of its topics and its folder on HDFS, which are removed with it.
    """

    def __init__(self, up: Mapping[str, Running], folder: Path, name: str) -> None:
        self.folder = folder
        self._name, self._up = name, up
        lake = f"{up['hdfs'].address}/{name}"
        self.settings = {
            "log": f"kafka://{up['kafka'].address}/{name}",
            "lake": lake,
            "models": f"{lake}/models",
            "spark_master": "yarn",
        }
        self.app: Matinee = open_matinee(self.home("worker"), **self.settings)
        self._verbs: list[Verb] = []
        shutil.rmtree(folder, ignore_errors=True)
        _configure_spark(folder)

    def home(self, machine: str) -> Path:
        """What would be the home on a machine of its own."""
        return self.folder / machine

    def environment(self, machine: str) -> dict[str, str]:
        """The variables by which a verb, typed anywhere, works on this Matinee."""
        named = {f"MATINEE_{name.upper()}": value for name, value in self.settings.items()}
        spark = {"SPARK_CONF_DIR": str(self.folder / "conf"), "SPARK_LOCAL_IP": HOST}
        return {**named, "MATINEE_HOME": str(self.home(machine)), **self._up["yarn"].environment, **spark}

    def run(self, *arguments: str) -> str:
        """Run a verb on the worker to its end; return what it prints. Raises DemoError when it fails."""
        verb = self._start("worker", arguments, subprocess.PIPE)
        told, _ = verb.process.communicate()
        self._verbs.remove(verb)
        if verb.process.returncode:
            raise self._failed(verb, f"ended with {verb.process.returncode}")
        return told.decode()

    def stream(self) -> None:
        """Start the stream by Spark on the worker, which follows from here on."""
        self._stream = self._start("worker", ("stream", "--engine", "spark"))

    def serve(self, machine: str) -> str:
        """Start a replica, on a home of its own; return its address once it is ready."""
        port = free_port()
        verb = self._start(machine, ("serve", "--port", str(port)))
        url = f"http://{HOST}:{port}"
        self.wait(verb, lambda: server_at(url) == verb.process.pid)
        return url

    def await_lake(self) -> dict[str, int]:
        """Return once the lake has all that the log has; how many rows each of its tables has then."""
        end = self.app.log.end()
        self.wait(self._stream, lambda: self.app.lake.committed("events").reaches(end))
        return self.app.table_sizes()

    def await_like(self, user: str, movie: str) -> int:
        """Return once the lake has a like, and how many rows it has of it."""
        self.wait(self._stream, lambda: self.likes(user, movie) > 0)
        return self.likes(user, movie)

    def likes(self, user: str, movie: str) -> int:
        """How many likes of this movie by this user the lake has."""
        wanted = (pl.col("user") == user) & (pl.col("movie") == movie) & (pl.col("type") == "like")
        return self.app.lake.read("events", columns=["user", "movie", "type"], where=wanted).height

    def wait(self, verb: Verb, done: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Return as soon as `done`. Raises DemoError once any verb has ended, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while not done():
            self.check()
            if time.monotonic() > deadline:
                raise self._failed(verb, f"was not done within {seconds:g} s")
            time.sleep(0.2)

    def check(self) -> None:
        """Raise DemoError if a verb has ended that is to go on."""
        for verb in self._verbs:
            if verb.process.poll() is not None:
                raise self._failed(verb, f"ended with {verb.process.returncode}")

    def _start(self, machine: str, arguments: tuple[str, ...], output: int | None = None) -> Verb:
        log = self._log(machine, arguments[0])
        log.parent.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
        kept["MATINEE_JARS"] = str(self.app.settings.jars)
        with log.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "matinee", *arguments],
                env={**kept, **self.environment(machine), **as_parent()},
                stdin=subprocess.DEVNULL,
                stdout=output or file,
                stderr=file,
                cwd=CHECKOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which ends all in order
            )
        self._verbs.append(Verb(machine, arguments[0], process))
        return self._verbs[-1]

    def _log(self, machine: str, verb: str) -> Path:
        """What a verb says there."""
        return self.home(machine) / "logs" / f"{verb}.log"

    def _failed(self, verb: Verb, what: str) -> DemoError:
        log = self._log(verb.machine, verb.name)
        tail = log.read_text(errors="replace").strip()[-1500:]
        return DemoError(f"matinee {verb.name} {what}; {log} ends so:\n{tail}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every process: asked first, killed after `GRACE` seconds; remove topics and files on HDFS."""
        with undisturbed():
            processes = [verb.process for verb in self._verbs]
            for process in processes:
                process.terminate()
            deadline = time.monotonic() + GRACE
            for process in processes:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                if process.stdout:
                    process.stdout.close()
            self.app.__exit__(None, None, None)
            with suppress(
                Exception
            ):  # where a server is gone, so is what it had, or `servers-clean` removes it
                self._remove()
            if error is None:
                shutil.rmtree(self.folder)

    def _remove(self) -> None:
        open_files(self._up["hdfs"].address).remove(self._name)
        client = AdminClient({"bootstrap.servers": self._up["kafka"].address, "log_level": 0})
        topics = [name for name in client.list_topics(timeout=10).topics if name.startswith(f"{self._name}.")]
        for removed in client.delete_topics(topics).values() if topics else ():
            removed.result(10)


def _configure_spark(folder: Path) -> None:
    found = find_spec("pyspark")
    if not found or not found.origin:
        raise DemoError("Spark is missing; install it: pip install 'matinee[spark]'")
    place = Place(folder.parent, folder.name)
    place.render(Path(__file__).with_name("spark-defaults.conf"), pyspark=Path(found.origin).parent)
