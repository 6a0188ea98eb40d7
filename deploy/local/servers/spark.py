"""Spark standalone: a master and a worker, out of the package `pyspark`."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from deploy.local import tools
from deploy.local.errors import MissingToolError
from deploy.local.place import HOST, Place
from deploy.local.servers.base import HTTP, Server

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
HEAP = "384m"
GIVEN = ("--cores", "2", "--memory", "2g")
"""What the worker gives to applications."""


class Spark(Server):
    """Ready when the master has the worker."""

    name = "spark"
    ports: ClassVar = {"master": 7077, "http": 8080, "worker": 7078, "worker_http": 8081}
    processes = ("master", "worker")

    def configure(self, place: Place) -> None:
        """Write `spark-defaults.conf`."""
        place.render(place.source / "spark-defaults.conf", data=place.data)

    def commands(self, place: Place) -> dict[str, Sequence[str]]:
        """Master and worker."""
        tools.java()
        start = str(_home() / "bin" / "spark-class")
        host, ports = ("--host", HOST), {use: str(port) for use, port in place.ports.items()}
        given = (*GIVEN, "--work-dir", str(place.data / "work"))
        return {
            "master": [start, MASTER, *host, "--port", ports["master"], "--webui-port", ports["http"]],
            "worker": [
                start, WORKER, *host, "--port", ports["worker"], "--webui-port", ports["worker_http"],
                *given, self.address(place)
            ],
        }  # fmt: skip

    def is_ready(self, place: Place) -> bool:
        """Ask the master for its workers."""
        told = HTTP.get(f"http://{HOST}:{place.ports['http']}/json/").json()
        return bool(told["status"] == "ALIVE" and told["aliveworkers"] == 1)

    def address(self, place: Place) -> str:
        """`spark.master`."""
        return f"spark://{HOST}:{place.ports['master']}"

    def environment(self, place: Place) -> dict[str, str]:
        """The Python of the workers, which must be that of the driver."""
        return {"PYSPARK_PYTHON": sys.executable}

    def process_environment(self, place: Place) -> dict[str, str]:
        """Where Spark is and reads, and how much its own processes may take; pages for this machine only."""
        return {
            "SPARK_HOME": str(_home()),
            "SPARK_CONF_DIR": str(place.conf),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_DAEMON_MEMORY": HEAP,
            "JAVA_HOME": str(Path(tools.java()).resolve().parents[1]),
        } | self.environment(place)


def _home() -> Path:
    found = find_spec("pyspark")
    if not found or not found.origin:
        raise MissingToolError("Spark is missing; install it: pip install 'matinee[spark]'")
    return Path(found.origin).parent
