"""The stream on Spark keeps the contract, from a real Kafka, and what is its own besides."""

from collections.abc import Sequence
from typing import Any

import pytest

from matinee.lake.delta import Lake
from matinee.log.base import Entry
from matinee.stream.commit import Drained, Told
from matinee.stream.spark import SparkStream
from tests.stream.contract import StreamContract
from tests.stream.kafka import place_at, send
from tests.stream.sparks import OPTIONS, spark


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
