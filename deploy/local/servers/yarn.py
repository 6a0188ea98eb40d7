"""YARN: a ResourceManager and a NodeManager, over the HDFS of the same home."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from deploy.local import tools
from deploy.local.place import HOST, Place
from deploy.local.servers.base import HTTP, Server, java_command
from deploy.local.servers.hdfs import configure_hadoop

RESOURCE_MANAGER = "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager"
NODE_MANAGER = "org.apache.hadoop.yarn.server.nodemanager.NodeManager"
# Its web server reaches into java.lang, which Java 17 forbids.
OPTIONS = ("-Xmx384m", "--add-opens=java.base/java.lang=ALL-UNNAMED")


class Yarn(Server):
    """Ready when the ResourceManager has the node."""

    name = "yarn"
    needs = ("hdfs",)
    ports: ClassVar = {
        "rpc": 8032, "scheduler": 8030, "tracker": 8031, "admin": 8033, "http": 8088,
        "node": 8041, "localizer": 8040, "node_http": 8042
    }  # fmt: skip
    processes = ("resourcemanager", "nodemanager")

    def configure(self, place: Place) -> None:
        """Write Hadoop's files, those of HDFS among them: Spark reads one folder."""
        hdfs = place.other("hdfs")
        configure_hadoop(hdfs, place)
        place.render(hdfs.source / "log4j.properties")
        place.render(place.source / "yarn-site.xml", data=place.data, **place.ports)

    def commands(self, place: Place) -> dict[str, Sequence[str]]:
        """ResourceManager and NodeManager."""
        return {
            "resourcemanager": java_command(place, RESOURCE_MANAGER, options=OPTIONS),
            "nodemanager": java_command(place, NODE_MANAGER, options=OPTIONS),
        }

    def is_ready(self, place: Place) -> bool:
        """Ask the ResourceManager for its state and its nodes."""
        url = f"{self.address(place)}/ws/v1/cluster"
        state = HTTP.get(f"{url}/info").json()["clusterInfo"]["state"]
        nodes = HTTP.get(f"{url}/metrics").json()["clusterMetrics"]["activeNodes"]
        return bool(state == "STARTED" and nodes == 1)

    def address(self, place: Place) -> str:
        """The ResourceManager's REST and web pages; Spark reads the rest from HADOOP_CONF_DIR."""
        return f"http://{HOST}:{place.ports['http']}"

    def environment(self, place: Place) -> dict[str, str]:
        """Where Hadoop's clients and Spark find the configuration; the Python of executors, the driver's."""
        conf = str(place.conf)
        return {"HADOOP_CONF_DIR": conf, "YARN_CONF_DIR": conf, "PYSPARK_PYTHON": sys.executable}

    def process_environment(self, place: Place) -> dict[str, str]:
        """The Java of containers."""
        return {"JAVA_HOME": str(Path(tools.java()).resolve().parents[1])}
