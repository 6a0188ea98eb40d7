"""The stream on Spark Structured Streaming: from Kafka to the same lake, by the same steps and commits.

Spark reads Kafka in micro-batches, and its executors parse them and write the files of the big tables. The
driver commits these, and what is small, as the local runner does. The lake is the checkpoint: each commit
carries the position, every start reads it from there, and so does the other engine. What Spark itself
keeps of a query lasts as long as the query, in a temporary folder.
"""

import pickle
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from matinee import spark
from matinee.errors import LakeError, LogError, MatineeError
from matinee.lake.delta import Lake
from matinee.lake.positions import furthest
from matinee.lake.tables import TABLE_NAMES
from matinee.log.base import Position
from matinee.log.gaps import checked
from matinee.log.partitions import KafkaPlace, Part, next_offsets, position_of
from matinee.stop import Stop
from matinee.stream.broker import JavaBroker, entries_sql, java_settings, offsets_json
from matinee.stream.commit import Committing, Drained, Told
from matinee.stream.jars import jars
from matinee.stream.parts import BIG, Wanted, join_parts, make_part
from matinee.stream.past import Past
from matinee.telemetry import get_logger

_PATIENCE = 30.0
"""Seconds between attempts while the lake or the log cannot be used."""
_CONFIGURATION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
    # Spark asks Kafka for its end as often as that while there is little: by default 100 times a second.
    "spark.sql.streaming.pollingDelay": "100ms",
    # Nothing of ours is aggregated in a stream: no state to keep, no empty batches.
    "spark.sql.streaming.noDataMicroBatches.enabled": "false",
}


class SparkOptions(NamedTuple):
    """Where Spark is, where its jars are kept, and how large and how often micro-batches are."""

    master: str
    jars: Path
    micro_batch: int = 50_000
    seconds: float = 1.0


@contextmanager
def session(options: SparkOptions) -> Iterator[SparkSession]:
    """Spark with its jars for what is done in here: see `spark.session`; LakeError when its JVM ends."""
    spark.check(options.master)  # before anything is fetched
    fetched = ",".join(map(str, jars(options.jars)))
    try:
        with spark.session(options.master, {**_CONFIGURATION, "spark.jars": fetched}) as started:
            yield started
    except Py4JNetworkError as error:
        raise LakeError(
            f"Spark's JVM is gone ({spark.reason(error)}); start again, nothing is lost"
        ) from error


@contextmanager
def open_stream(
    master: str, folder: Path, batch: tuple[int, float], place: KafkaPlace, lake: Lake, told: Told
) -> Iterator["SparkStream"]:
    """A stream on a Spark of its own: see `engines.on_spark`. Raises what `session` raises."""
    options = SparkOptions(master, folder, *batch)
    with session(options) as started:
        yield SparkStream(started, place, lake, options, told)


class SparkStream:
    """A stream by Spark, from the Kafka at `place` to `lake`: what `LocalStream` is, with its guarantees.

    Executors need this package and its dependencies, and a lake that they reach.
    """

    def __init__(
        self,
        session: SparkSession,
        place: KafkaPlace,
        lake: Lake,
        options: SparkOptions,
        told: Told = Told(),  # noqa: B008 - it is immutable
        *,
        trending_seconds: float = 5.0,
    ) -> None:
        self._session = session
        self._place = place
        self._lake = lake
        self._options = options
        self._broker = JavaBroker(session.sparkContext._jvm, place)
        self._past = Past(lake, repeats=True)
        self._committing = Committing(lake, self._past, told, trending_seconds)
        self._working = threading.Lock()
        self._ended = False
        self._added = Drained()
        self._reached, self._from = Position(), Position()
        self._failure: Exception | None = None
        self._logger = get_logger("stream")

    def drain(self) -> Drained:
        """Commit everything up to the log's end as it is now, bring `trending` up to date, and return.

        Raises LakeError or LogError; what was committed until then counts, and a new call goes on behind it.
        """
        before, now = self._added, datetime.now(UTC)
        with self._query(once=True) as query:
            query.awaitTermination()
        self._past.forget(now)
        self._committing.refresh(hurry=True)
        self._committing.maintain()
        return Drained(*(new - old for new, old in zip(self._added, before, strict=True)))

    def follow(self, stop: Stop) -> None:
        """Commit what comes, until `stop`: each time all that has gathered within `seconds`.

        A batch that is being committed then is committed to its end. Raises when it cannot even start;
        later, while lake, log or executors cannot be used, it says so in the log lines and tries again.
        """
        started = False
        while not stop.is_set():
            before = self._added
            try:
                with self._query(once=False) as query:
                    started = True
                    self._watch(query, stop)
            except MatineeError as error:
                if not started:
                    raise
                seconds = 0.0 if self._added != before else _PATIENCE
                self._logger.error("stream waits", error=str(error), seconds=seconds)
                stop.wait(seconds)

    def _watch(self, query: StreamingQuery, stop: Stop) -> None:
        while query.isActive and not stop.wait(self._options.seconds):
            now = datetime.now(UTC)
            with self._working:
                self._committing.refresh()
                # A query that has not looked yet says that there is nothing, too.
                if query.lastProgress and not query.status["isDataAvailable"]:
                    self._past.forget(now)
        if not stop.is_set():
            query.awaitTermination()

    @contextmanager
    def _query(self, *, once: bool) -> Iterator[StreamingQuery]:
        """A query behind what the lake has. On leaving, a batch that is being committed ends first."""
        with tempfile.TemporaryDirectory(prefix="matinee-checkpoint-") as memory, self._explained():
            messages = self._messages(self._session.readStream, self._begin())
            writing = messages.writeStream.foreachBatch(self._batch).option(
                "checkpointLocation", f"file:{memory}"
            )
            # Batches follow each other without a pause while there is a backlog.
            trigger: dict[str, Any] = {"availableNow": True} if once else {"processingTime": "0 seconds"}
            query = writing.trigger(**trigger).start()
            try:
                yield query
            finally:
                with self._working:
                    self._ended = True
                query.stop()

    def _begin(self) -> dict[Part, int]:
        """The messages to start with: behind all that the lake has whole, once what was cut off is there."""
        self._ended, self._failure = False, None
        start = self._past.look()
        target = furthest(*map(self._lake.committed, TABLE_NAMES))
        starts = self._checked(start)
        self._reached = start
        self._from = position_of(starts)
        if start.reaches(target):
            return starts
        # A batch was cut off, and is in some of the tables: which of two entries with one id counts is
        # decided among its own entries alone, as it was then, so that all tables agree.
        self._from = furthest(self._from, target)
        ends = next_offsets(self._from, 0)
        ends = {part: ends.get(part, 0) for part in starts}
        self._batch(
            self._messages(self._session.read, starts, endingOffsets=offsets_json(self._place, ends)), -1
        )
        return self._begin()

    def _checked(self, start: Position) -> dict[Part, int]:
        asked = {part: offset for part, offset in next_offsets(start, 0).items() if offset}
        return checked(self._place, asked, self._broker.ends())

    def _messages(self, reader: Any, starts: Mapping[Part, int], **ends: str) -> DataFrame:
        """What Kafka has from there on, in the columns of ENTRIES."""
        settings = {f"kafka.{name}": value for name, value in java_settings(self._place).items()}
        size = str(self._options.micro_batch)
        options = {
            "subscribe": ",".join(self._place.topics),
            "startingOffsets": offsets_json(self._place, starts),
            "includeHeaders": "true",
            "failOnDataLoss": "true",
            # A batch begins when it is full, or has gathered for so long.
            "maxOffsetsPerTrigger": size,
            "minOffsetsPerTrigger": size,
            "maxTriggerDelay": f"{max(round(self._options.seconds * 1000), 1)}ms",
        }
        read = reader.format("kafka").options(**settings, **options, **ends).load()
        entries: DataFrame = read.selectExpr(*entries_sql(self._place))
        return entries

    def _batch(self, messages: DataFrame, _number: int) -> None:
        with self._working:
            if self._ended:
                return
            try:
                self._added = self._added.plus(self._commit(messages))
            except Exception as error:
                self._failure = error
                raise

    def _commit(self, messages: DataFrame) -> Drained:
        have = self._past.look()
        if not have.reaches(self._reached):
            raise LakeError(
                f"the lake at {self._lake.url} went back from {self._reached} to {have}: beginning there"
            )
        self._reached = have
        wanted = Wanted(
            self._lake.url, {name: self._lake.committed(name) for name in BIG}, self._past.erasures
        )
        tasks = messages.coalesce(self._session.sparkContext.defaultParallelism)
        made = tasks.mapInArrow(_maker(wanted), "part binary").collect()
        parts = [pickle.loads(row.part) for row in made]  # noqa: S301 - of our own executors
        begun = time.monotonic()
        parts = parts or [make_part((), wanted)]
        batch = join_parts(parts, furthest(have, self._from), self._past, self._lake.url)
        if batch.position == have:  # as of a batch in which Kafka had nothing
            return Drained()
        added = self._committing.timed(
            begun,
            batch.last,
            lambda: self._committing.commit(batch.rows, batch.position, batch.digests, batch.files),
        )
        self._reached = batch.position
        return added

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What Spark fails with inside, as an error that says what to do."""
        try:
            yield
        except (PySparkException, Py4JJavaError) as error:
            if isinstance(self._failure, MatineeError):
                raise self._failure from error
            with _telling():
                self._checked(self._past.look())  # a gap, or a Kafka that is gone, says more than Spark does
            told = spark.reason(self._failure or error)
            raise LakeError(f"Spark could not finish a batch: {told}; its log says more") from error


def _maker(wanted: Wanted) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def make(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"part": [pickle.dumps(make_part(batches, wanted))]})

    return make


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise LogError(
            f"Kafka does not answer: {spark.reason(error)}; is it there, with its topics?"
        ) from error
