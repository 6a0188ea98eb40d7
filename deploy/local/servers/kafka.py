"""Kafka: one node that is broker and controller (KRaft)."""

import base64
import subprocess
import uuid
from collections.abc import Sequence
from typing import ClassVar

from confluent_kafka.admin import AdminClient

from deploy.local.errors import ServerError
from deploy.local.place import HOST, Place
from deploy.local.servers.base import Server, java_command

HEAP = "-Xmx512m"


class Kafka(Server):
    """Ready when its metadata names the broker, which it does once it takes messages."""

    name = "kafka"
    ports: ClassVar = {"broker": 9092, "controller": 9093}
    processes = ("broker",)

    def configure(self, place: Place) -> None:
        """Write `server.properties`."""
        place.render(place.source / "server.properties", data=place.data, **place.ports)

    def format(self, place: Place) -> None:
        """Give the cluster an id of its own, by which a client can see that it is not the one of before."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ("format", "--standalone", f"--cluster-id={cluster}", "--config")
        file = str(place.conf / "server.properties")
        command = java_command(place, "kafka.tools.StorageTool", *arguments, file)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"Kafka's folder {place.data} cannot be formatted: {done.stdout}{done.stderr}")

    def commands(self, place: Place) -> dict[str, Sequence[str]]:
        """The broker, which is the controller too."""
        options = (HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        properties = str(place.conf / "server.properties")
        return {"broker": java_command(place, "kafka.Kafka", properties, options=options)}

    def is_ready(self, place: Place) -> bool:
        """Ask for the metadata."""
        client = AdminClient({"bootstrap.servers": self.address(place), "log_level": 0})
        return len(client.list_topics(timeout=2).brokers) == 1

    def address(self, place: Place) -> str:
        """`bootstrap.servers`."""
        return f"{HOST}:{place.ports['broker']}"
