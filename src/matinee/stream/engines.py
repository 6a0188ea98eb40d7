"""The way to an engine that needs more than this process, and a library of its own."""

from contextlib import AbstractContextManager
from pathlib import Path

from matinee.errors import SettingError
from matinee.lake.delta import Lake
from matinee.log.partitions import KafkaPlace
from matinee.stream.commit import Stream, Told
from matinee.urls import Adapter, load_adapter, mask

_SPARK = {"spark": Adapter("matinee.stream.spark:open_stream", "spark")}


def read_by_spark(log: str) -> KafkaPlace:
    """The topics at the URL of a log that Spark can read. Raises SettingError for any other."""
    if not log.startswith("kafka:"):
        raise SettingError(
            f"Spark reads the log from Kafka, and MATINEE_LOG is {mask(log)}; set it to kafka://HOST:PORT, "
            "or let the local engine do it: matinee stream"
        )
    return KafkaPlace.of(log)


def on_spark(
    master: str, jars: Path, batch: tuple[int, float], place: KafkaPlace, lake: Lake, told: Told
) -> AbstractContextManager[Stream]:
    """The stream on a Spark of its own at `master`, with its jars in a folder.

    `batch` is how many events a micro-batch has at most, and for how many seconds it gathers them. Raises
    MissingExtraError without pyspark, Java or Maven, and SettingError when there is no Spark.
    """
    opened: AbstractContextManager[Stream] = load_adapter("spark:", _SPARK, "engine")(
        master, jars.expanduser(), batch, place, lake, told
    )
    return opened
