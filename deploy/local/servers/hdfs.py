"""HDFS: a NameNode and a DataNode."""

import subprocess
from collections.abc import Sequence
from typing import ClassVar

import httpx

from deploy.local.errors import ServerError
from deploy.local.place import HOST, Place
from deploy.local.servers.base import HTTP, Server, java_command

NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
HEAP = "-Xmx256m"


class Hdfs(Server):
    """Ready when a file can be written: the NameNode is out of safe mode and the DataNode takes blocks."""

    name = "hdfs"
    ports: ClassVar = {
        "rpc": 9000, "http": 9870, "data_transfer": 9866, "data_http": 9864, "data_ipc": 9867
    }  # fmt: skip
    processes = ("namenode", "datanode")

    def configure(self, place: Place) -> None:
        """Write Hadoop's files."""
        configure_hadoop(place, place)
        place.render(place.source / "log4j.properties")
        for name in ("hdfs", "datanode", "secondary", "static"):
            # The web pages are in none of the jars, and without a folder for them no process starts.
            (place.conf / "webapps" / name).mkdir(parents=True, exist_ok=True)

    def format(self, place: Place) -> None:
        """Make an empty file system."""
        command = java_command(place, NAMENODE, "-format", "-nonInteractive", "-force")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"HDFS in {place.data} cannot be formatted: {done.stdout}{done.stderr}")

    def commands(self, place: Place) -> dict[str, Sequence[str]]:
        """NameNode and DataNode."""
        return {
            "namenode": java_command(place, NAMENODE, options=(HEAP,)),
            "datanode": java_command(place, DATANODE, options=(HEAP,)),
        }

    def is_ready(self, place: Place) -> bool:
        """Write a file over WebHDFS, and remove it."""
        url = f"http://{HOST}:{place.ports['http']}/webhdfs/v1/.matinee-ready"
        create = {"op": "CREATE", "overwrite": "true"}
        written = HTTP.put(url, params=create, content=b"ready", follow_redirects=True)
        HTTP.delete(url, params={"op": "DELETE"})
        return written.status_code == httpx.codes.CREATED

    def address(self, place: Place) -> str:
        """`fs.defaultFS`."""
        return f"hdfs://{HOST}:{place.ports['rpc']}"

    def environment(self, place: Place) -> dict[str, str]:
        """Where Hadoop's clients and Spark find the configuration."""
        return {"HADOOP_CONF_DIR": str(place.conf)}


def configure_hadoop(hdfs: Place, place: Place) -> None:
    """Write into `place` what clients of the HDFS at `hdfs` read."""
    for name in ("core-site.xml", "hdfs-site.xml"):
        place.render(hdfs.source / name, data=hdfs.data, **hdfs.ports)
