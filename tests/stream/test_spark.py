"""The stream on Spark keeps the contract, from a real Kafka, and what is its own besides."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock, PropertyMock

import polars as pl
import pyarrow as pa
import pytest

from matinee.errors import LogError
from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.log.base import Entry, Position
from matinee.log.kafka import KafkaLog
from matinee.log.partitions import KafkaPlace
from matinee.stop import Stop
from matinee.stream.commit import Drained, Told
from matinee.stream.local import LocalStream
from matinee.stream.past import REMEMBERED
from matinee.stream.spark import SparkStream
from tests import support
from tests.cli.test_verbs import said
from tests.processes import below, end
from tests.spark import OPTIONS, needs_spark, on_cluster, spark
from tests.stream.contract import StreamContract
from tests.stream.kafka import place_at, producer, remove_before, send
from tests.stream.lakes import content
from tests.stream.story import Source, like, story
from tests.support import await_until


class TestSparkStream(StreamContract):
    @pytest.fixture(autouse=True)
    def fed(self, kafka: Any) -> None:
        self.spark = spark()
        self.place = place_at(kafka.address)

    def feed(self, entries: Sequence[Entry]) -> None:
        send(self.place, entries)

    def drain(self, lake: Lake, micro_batch: int = 50_000, **told: Any) -> Drained:
        options = OPTIONS._replace(micro_batch=micro_batch)
        return SparkStream(self.spark, self.place, lake, options, Told(**told)).drain()

    # What is Kafka's

    def test_what_others_send_is_an_event_or_a_reject(self, lake: Lake):
        sending = producer(self.place)
        topic = self.place.topic("movie-likes")
        own, none = b'{"id": "own", ', b"{"
        said = b'"type": "like", "user": "ann", "movie": "1"}'
        sending.produce(topic, own + said, partition=0)
        sending.produce(topic, none + said, b"\xff\xfe", 0, headers=[("id", b"\xff"), ("appended", b"soon")])
        sending.produce(topic, none + said, partition=0, headers={"appended": "9" * 30})
        sending.produce(topic, None, b"\xff", 0)
        sending.produce(self.place.topic("movies"), None, b"1", 0)
        sending.produce(topic, b"\xff" * 1000, partition=0)
        sending.flush(60)
        assert self.drain(lake) == (3, 3, 0, 0)
        ids = lake.read("events").sort("offset")["id"].to_list()
        assert ids == ["own", "1-2", "1-3"]
        age = lake.read("events").select(datetime.now(UTC) - pl.col("appended").min()).item()
        assert timedelta(0) < age < timedelta(minutes=10)
        rejects = (
            lake.read("rejects").sort("topic", "offset").select("topic", "key", "offset", "value").rows()
        )
        assert rejects == [
            ("movie-likes", "\ufffd", 4, b""),
            ("movie-likes", "", 5, b"\xff" * 1000),
            ("movies", "1", 1, b""),
        ]

    def test_of_what_others_send_it_takes_what_the_log_takes(self, lake: Lake):
        """Of a header that comes twice the last, of transactions what was committed."""
        topic, said = self.place.topic("movie-likes"), b'{"type": "like", "user": "ann", "movie": "1"}'
        aborting = producer(self.place, **{"transactional.id": self.place.prefix})
        aborting.init_transactions(60)
        aborting.begin_transaction()
        aborting.produce(topic, said, partition=0, headers=[("id", b"aborted")])
        aborting.flush(60)
        aborting.abort_transaction(60)
        sending = producer(self.place)
        twice: list[tuple[str, str | bytes | None]] = [("id", b"first"), ("id", b"last")]
        sending.produce(topic, said, partition=0, headers=twice)
        for no_text in (b"\xff\x01", b"\xff\x02"):
            unsaid = b'{"user_id": "bob", "movie_id": "%d"}' % no_text[1]
            sending.produce(topic, unsaid, partition=0, headers=[("id", no_text)])
        sending.flush(60)
        self.drain(lake)
        other = Lake(f"{lake.url}-local")
        log = KafkaLog(f"kafka://{self.place.servers}/{self.place.prefix}")
        LocalStream(log, other).drain()
        log.close()
        for each in (lake, other):
            events = each.read("events").sort("offset")
            assert events["id"].to_list()[0] == "last"
            assert events["movie"].to_list() == ["1", "1", "2"]

    def test_a_gap_is_an_error_that_says_what_is_lost_and_how_to_go_on(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", like(f"u{number}"), second=number) for number in range(4)])
        self.drain(lake)
        self.feed([source.entry("movie-likes", like(f"v{number}"), second=number) for number in range(4)])
        remove_before(self.place, "movie-likes", 6)
        with pytest.raises(LogError, match=r"4 to 5 of \S+movie-likes/0.*gaps=accept"):
            self.drain(lake)
        accepting = replace(self.place, gaps=True)
        assert SparkStream(self.spark, accepting, lake, OPTIONS).drain().events == 2
        assert self.drain(lake).events == 0
        assert lake.read("events").sort("offset")["user"].to_list() == ["u0", "u1", "u2", "u3", "v2", "v3"]

    def test_a_new_lake_begins_with_what_kafka_still_has(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", like(f"u{number}"), second=number) for number in range(4)])
        remove_before(self.place, "movie-likes", 3)
        assert self.drain(lake).events == 1
        assert self.drain(lake).events == 0

    def test_a_lake_ahead_of_its_log_is_an_error_not_silence(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", like("ann"), second=1)])
        self.drain(lake)
        other = place_at(self.place.servers)
        with pytest.raises(LogError, match="lost its end"):
            SparkStream(self.spark, other, lake, OPTIONS).drain()

    def test_topics_that_are_not_there_are_an_error(self, lake: Lake):
        nowhere = KafkaPlace(self.place.servers, "nowhere")
        with pytest.raises(LogError, match="is it there, with its topics"):
            SparkStream(self.spark, nowhere, lake, OPTIONS).drain()

    # Following

    def test_following_outlives_its_workers_and_ends_when_it_is_told_to(self, lake: Lake):
        source, stop, told = Source(), Stop(), threading.Semaphore(0)
        stream = SparkStream(self.spark, self.place, lake, OPTIONS, Told(on_batch=lambda _: told.release()))
        thread = threading.Thread(target=stream.follow, args=(stop,))
        self.feed([source.entry("movie-likes", like("u0"), second=0)])
        thread.start()
        assert told.acquire(timeout=300)
        for process in below(os.getpid(), "pyspark.daemon"):
            end(process)
        self.feed([source.entry("movie-likes", like("u1"), second=1)])
        assert told.acquire(timeout=300)
        stop.set()
        thread.join(timeout=300)
        assert not thread.is_alive()
        assert lake.read("events")["user"].sort().to_list() == ["u0", "u1"]
        assert not self.spark.streams.active


def test_the_verb_makes_the_same_lake_on_a_cluster(
    kafka: Any, spark: Any, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    needs_spark()
    place, source = place_at(kafka.address), Source()
    master = on_cluster(spark, tmp_path, monkeypatch)
    send(place, story(source, 5))
    log = f"kafka://{kafka.address}/{place.prefix}?partitions=1"
    settings = {"log": log, "spark_master": master, "lake": s3_url, "micro_batch": 50}
    told = json.loads(
        support.run(tmp_path / "home", "stream", "--once", "--engine", "spark", "--json", **settings)
    )
    whole = Lake(f"file://{tmp_path}/whole")
    LocalStream(source.memory, whole).drain()
    lake = Lake(s3_url)
    assert content(lake) == content(whole)
    assert told["events"] >= lake.read("events").height > 5


def test_the_verb_streams_on_spark_and_ends_on_sigterm_and_either_engine_goes_on(kafka: Any, tmp_path: Path):
    needs_spark()
    place = place_at(kafka.address)
    settings: dict[str, Any] = {
        "log": f"kafka://{kafka.address}/{place.prefix}?partitions=1",
        "spark_master": "local[2]",
    }
    source, home = Source(), tmp_path / "home"
    send(place, [source.entry("movie-likes", like(f"u{number}"), second=number) for number in range(3)])
    assert json.loads(support.run(home, "stream", "--once", "--json", **settings))["events"] == 3
    send(place, [source.entry("movie-likes", like("u3"), second=3)])
    command = [sys.executable, "-m", "matinee", "stream", "--engine", "spark"]
    lake = Lake(f"file://{home}/lake")
    environment = support.environment(home, **settings)
    with subprocess.Popen(command, env=environment, start_new_session=True) as following:
        await_until(lambda: lake.read("events").height == 4, "Spark goes on where the local engine stopped")
        os.killpg(following.pid, signal.SIGTERM)  # as a service manager does: its JVM is not to hear it
        assert following.wait(support.SECONDS) == 0
    send(place, [source.entry("movie-likes", like("u4"), second=4)])
    assert json.loads(support.run(home, "stream", "--once", "--json", **settings))["events"] == 1
    assert sorted(lake.read("events")["user"]) == ["u0", "u1", "u2", "u3", "u4"]
    # Then Kafka removes what the stream has not read.
    send(place, [source.entry("movie-likes", like(f"u{number}"), second=number) for number in (5, 6)])
    remove_before(place, "movie-likes", 6)
    told = said(home, "stream", "--once", "--engine", "spark", **settings)
    assert f"no longer has offsets 5 to 5 of {place.topic('movie-likes')}/0" in told
    assert "gaps=accept" in told


@pytest.mark.parametrize(("looked", "kept"), [(False, 1), (True, 0)])
def test_erasures_stay_until_a_query_has_looked_for_a_backlog(tmp_path: Path, looked: bool, kept: int):
    lake, long_ago = Lake(f"file://{tmp_path}/lake"), datetime.now(UTC) - 2 * REMEMBERED
    row = {"partition": 0, "offset": 1, "id": "e", "who": b"digest", "appended": long_ago}
    lake.append("erasures", pa.Table.from_pylist([row], SCHEMAS["erasures"]), Position([1]))
    lake.append("events", SCHEMAS["events"].empty_table(), Position([1]))
    query = Mock(status={"isDataAvailable": False}, lastProgress={"batchId": 0} if looked else None)
    type(query).isActive = PropertyMock(side_effect=[True, False])
    stream = SparkStream(Mock(), KafkaPlace.of("kafka://a:1"), lake, OPTIONS)
    stream._past.look()
    stream._watch(query, Stop())
    assert lake.read("erasures").height == kept
