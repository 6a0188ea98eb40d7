"""The usual Spark job from Kafka to Delta, in Spark SQL: from_json, rules as filters, dropDuplicates, append.

An id counts once within ten minutes of Kafka's time; events that break a rule go to a table of their own.
The query's checkpoint and Delta's `txnVersion` make each table exact. It knows no movies' facts, no erasures
and no trends. `foreachBatch` with a cached batch is what a job with several tables does; one with a single
table writes it straight from the stream.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.streaming.readwriter import DataStreamWriter

from matinee.stream.jars import jars

_DELTA = Path(__file__).with_name("pom.xml")
"""What the job needs besides Kafka's connector."""
_SCHEMA = "id string, type string, user string, movie string, value double, source string, at timestamp"
_VALID = """
    id is not null and length(id) between 1 and 128 and length(user) between 1 and 128
    and length(movie) between 1 and 128 and at > timestamp'1900-01-01'
    and case type when 'rating' then value between 0.5 and 5 when 'view' then value is null or value >= 0
    when 'like' then value is null when 'dislike' then value is null else false end
"""
_STRENGTH = """
    case when type = 'like' then 1.0 when type = 'dislike' then -1.0 when value is null then 0.5
    when type = 'view' then if(value <= 1, value, least(value / 6000, 1.0)) - 0.2
    else (value - 2.5) / if(value >= 2.5, 2.5, 2.0) end
"""
_PLACE = ("topic", "partition", "offset", "timestamp")


@contextmanager
def session(master: str, folder: Path) -> Iterator[SparkSession]:
    """A Spark with Delta, on this machine alone, with a shuffle partition a core; `folder` keeps its jars."""
    named = [*jars(folder), *jars(folder, _DELTA)]
    settings = {
        "spark.jars": ",".join(map(str, named)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.streaming.stateStore.providerClass": (
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
        ),
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.appName("usual").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


class Structured:
    """The job over the topics of a broker, into a folder: three tables, or the one of events.

    Without `dedupe` it looks for no ids: the least that such a job can do.
    """

    def __init__(
        self,
        spark: SparkSession,
        servers: str,
        topics: str,
        folder: Path,
        batch: int,
        *,
        one: bool,
        dedupe: bool = True,
    ) -> None:
        self._messages = (
            spark.readStream.format("kafka")
            .option("kafka.bootstrap.servers", servers)
            .option("subscribe", topics)
            .option("startingOffsets", "earliest")
            .option("maxOffsetsPerTrigger", batch)
            .load()
        )
        self._folder = folder
        self._one = one
        self._dedupe = dedupe

    def drain(self) -> None:
        """Commit everything there is."""
        event = sql.from_json(sql.col("value").cast("string"), _SCHEMA)
        parsed = self._messages.select(*_PLACE, "value", event.alias("event"))
        read = parsed.select(*_PLACE, sql.col("value").alias("bytes"), "event.*").withColumn(
            "valid", sql.coalesce(sql.expr(_VALID), sql.lit(False))
        )
        if self._dedupe:
            read = read.withWatermark("timestamp", "10 minutes").dropDuplicatesWithinWatermark(["id"])
        writing = self._events(read) if self._one else self._three(read)
        query = (
            writing.option("checkpointLocation", f"{self._folder}/checkpoint")
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()

    def _events(self, read: DataFrame) -> DataStreamWriter:
        events = read.filter("valid").drop("bytes", "valid")
        return events.writeStream.format("delta").option("path", f"{self._folder}/events")

    def _three(self, read: DataFrame) -> DataStreamWriter:
        return read.writeStream.foreachBatch(self._write)

    def _write(self, batch: DataFrame, number: int) -> None:
        batch.persist()
        events = batch.filter("valid").drop("bytes", "valid")
        interactions = events.select("user", "movie", "type", "value", "at", *_PLACE).withColumn(
            "strength", sql.expr(_STRENGTH).cast("float")
        )
        rejects = batch.filter("not valid").select(*_PLACE, "bytes")
        for name, rows in (("events", events), ("interactions", interactions), ("rejects", rejects)):
            rows.write.format("delta").mode("append").option("txnAppId", f"usual-{name}").option(
                "txnVersion", number
            ).save(f"{self._folder}/{name}")
        batch.unpersist()
