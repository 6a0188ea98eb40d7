"""kill -9 of driver, executors, their workers and the broker, under load: the lake has it all, once."""

import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import psutil
import pyspark
import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from deploy.local.errors import ServerError
from matinee.lake.delta import Lake
from matinee.log.base import Entry, Position
from matinee.log.partitions import APPENDED, ID, NAMES, KafkaPlace, Part, index_of, part_of
from matinee.stream.local import LocalStream
from matinee.stream.trending import TrendingTable
from tests.lake.contract import environment
from tests.processes import end, living
from tests.servers import Own
from tests.spark import needs_spark
from tests.stream import given as draw
from tests.stream.kafka import place_at, producer
from tests.stream.lakes import content
from tests.stream.memory_log import MemoryLog
from tests.stream.test_crash import event
from tests.support import await_until

MASTER = "local-cluster[1,2,1024]"  # an executor in a JVM of its own, as on a cluster
PARTITIONS = 2
PATIENCE = 600.0
"""Seconds for a commit to come, on a machine with much else to do: JVMs start slowly there."""
TOPICS = {"like": "movie-likes", "movie": "movies", "erase": "movie-stream"}

# Who is killed, after how many commits, and how many seconds after them. JVMs take long to come back.
_CHANCE = random.Random(11)
VICTIMS = ["driver"] * 2 + ["executor"] * 2 + ["worker"] * 5 + ["broker"]
_CHANCE.shuffle(VICTIMS)
ROUNDS = [(victim, _CHANCE.choice([0, 1]), _CHANCE.uniform(0, 1)) for victim in VICTIMS]
_NAMES = {"executor": "CoarseGrainedExecutorBackend", "worker": "pyspark.daemon"}


def said(number: int) -> dict[str, Any] | bytes:
    """As the local runner's test has them, with fewer erasures, each of which takes a second."""
    said = event(number)
    if isinstance(said, dict) and said["type"] == "erase" and number % 8:
        return said | {"type": "like", "movie": "m1"}
    return said


def is_like(one: dict[str, Any] | bytes) -> bool:
    return isinstance(one, dict) and one["type"] == "like"


class Load:
    """Sends events of users, movies, erasures and nonsense, some of them twice, until it is closed."""

    def __init__(self, place: KafkaPlace) -> None:
        self._place = place
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        sending, number = producer(self._place), 0
        while not self._done.wait(0.05):
            for one in range(number, number + 3):
                self._produce(sending, one)
                if one % 9 == 0 and is_like(said(one)):
                    self._produce(sending, one)
            number += 3
            sending.poll(0)
        assert sending.flush(120) == 0

    def _produce(self, sending: Any, number: int) -> None:
        one = said(number)
        record = draw.record_of(one, f"id-{number}")
        topic = TOPICS[one["type"]] if isinstance(one, dict) else "movie-reviews"
        headers = [(ID, record.id.encode())]
        sending.produce(self._place.topic(topic), record.value, record.key, headers=headers)

    def close(self) -> None:
        self._done.set()
        self._thread.join()


class Driver:
    """A driver process, started anew when it was killed, and the lines that it prints of its commits."""

    def __init__(self, home: Path, *arguments: str) -> None:
        """`home` becomes Spark's: there its executors work, not where it is installed."""
        self._arguments = arguments
        self._environment = environment() | {"SPARK_HOME": str(home)}
        home.mkdir()
        for part in Path(pyspark.__file__).parent.iterdir():
            (home / part.name).symlink_to(part)
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.stream.spark_follower", *self._arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=self._environment, text=True)
        self.commits: Queue[Position] = Queue()
        threading.Thread(target=self._read, args=(self.process, self.commits), daemon=True).start()

    @staticmethod
    def _read(process: subprocess.Popen[str], commits: "Queue[Position]") -> None:
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                commits.put(Position.parse(line.strip()))

    def await_commits(self, number: int) -> None:
        """Return after so many commits from now on."""
        with suppress(Empty):
            while True:
                self.commits.get_nowait()
        for _ in range(number):
            self.commits.get(timeout=PATIENCE)

    def kill(self) -> None:
        """Kill it, and whatever outlives it for a moment."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for process in self._theirs(""):
            end(process)

    def kill_one(self, what: str) -> None:
        """Kill one of its processes that is called so, once there is one."""
        found: list[psutil.Process] = []

        def there() -> bool:
            found[:] = self._theirs(_NAMES[what])
            return bool(found)

        await_until(there, f"there is a {what}", PATIENCE)
        end(_CHANCE.choice(found))

    def _theirs(self, name: str) -> list[psutil.Process]:
        """Workers outlive the one that they were forked from, and go on: not all are below the driver."""
        return living(name, "SPARK_HOME", self._environment["SPARK_HOME"])


@pytest.fixture
def broker(own_server: Any) -> Own:
    needs_spark()
    made: Own = own_server("kafka")
    return made


@pytest.mark.crash
def test_killed_at_any_moment_each_message_counts_once(tmp_path: Path, broker: Own):
    place = place_at(broker.address, PARTITIONS)
    lake = Lake(f"file://{tmp_path}/lake")
    driver = Driver(tmp_path / "spark", MASTER, place.servers, place.prefix, lake.url)
    load = Load(place)
    try:
        for victim, commits, seconds in ROUNDS:
            driver.await_commits(commits)
            threading.Event().wait(seconds)  # a moment of chance: nothing is awaited
            if victim == "driver":
                driver.kill()
                driver.start()
            elif victim == "broker":
                broker.kill()
                restart(broker)
            else:
                driver.kill_one(victim)
        load.close()
        sent = messages(place)
        await_all(driver, lake, sent.end())
    finally:
        load.close()
        driver.kill()
    TrendingTable(lake).refresh(hurry=True)  # the driver had not yet come to it
    whole = Lake(f"file://{tmp_path}/whole")
    LocalStream(sent, whole).drain()
    assert content(lake) == content(whole)
    assert {row["id"]: row["user"] for row in lake.read("events").to_dicts()} == lasting_likes(sent)
    assert lake.read("events")["id"].is_unique().all()


def restart(broker: Own) -> None:
    """Start it again, as soon as the kernel has taken its ports from the one that was killed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            broker.start()
            return
        except ServerError:
            if time.monotonic() > deadline:
                raise


def await_all(driver: Driver, lake: Lake, sent: Position) -> None:
    def there() -> bool:
        assert driver.process.poll() is None, "the driver ended"
        return lake.committed("events").reaches(sent)

    await_until(there, f"the lake has all up to {sent}", PATIENCE)


def messages(place: KafkaPlace) -> MemoryLog:
    """Everything that the broker has, as entries."""
    log = MemoryLog(PARTITIONS * len(NAMES))
    consumer = Consumer({"bootstrap.servers": place.servers, "group.id": "none", "enable.auto.commit": False})
    for index in range(len(log.entries)):
        part = part_of(index)
        told = TopicPartition(place.topic(part.topic), part.number, 0)
        _, end = consumer.get_watermark_offsets(told, timeout=60)
        consumer.assign([told])
        while missing := end - len(log.entries[index]):
            log.entries[index] += [
                entry_of(message, part) for message in consumer.consume(min(missing, 1000), 60)
            ]
    consumer.close()
    return log


def entry_of(message: Message, part: Part) -> Entry:
    assert not message.error()
    headers: dict[str, Any] = dict(message.headers() or ())
    return Entry(
        index_of(part),
        (message.offset() or 0) + 1,
        int(headers.get(APPENDED) or message.timestamp()[1] * 1000),
        part.topic,
        (message.key() or b"").decode(),
        headers.get(ID, b"").decode(),
        message.value() or b"",
    )


def lasting_likes(sent: MemoryLog) -> dict[str, str]:
    """The user of each like that no later erasure reaches, by its id, as Kafka tells them."""
    entries = [each for entries in sent.entries for each in entries]
    erased: dict[str, int] = {}
    for entry in entries:
        if b'"erase"' in entry.value:
            erased[entry.key] = max(entry.appended, erased.get(entry.key, 0))
    return {
        entry.id: entry.key
        for entry in entries
        if b'"like"' in entry.value and entry.appended >= erased.get(entry.key, 0)
    }
