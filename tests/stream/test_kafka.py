"""The local runner keeps the contract of the stream from a real Kafka, too."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from matinee.lake.delta import Lake
from matinee.log import open_log
from matinee.log.base import Entry
from matinee.stream.commit import Drained
from matinee.stream.local import LocalStream
from tests.stream.contract import StreamContract
from tests.stream.kafka import place_at, send


class TestLocalFromKafka(StreamContract):
    @pytest.fixture(autouse=True)
    def fed(self, kafka: Any) -> Iterator[None]:
        self.place = place_at(kafka.address)
        self.log = open_log(f"kafka://{kafka.address}/{self.place.prefix}?partitions=1")
        yield
        self.log.close()

    def feed(self, entries: Sequence[Entry]) -> None:
        send(self.place, entries)

    def drain(self, lake: Lake, micro_batch: int = 50_000, **told: Any) -> Drained:
        return LocalStream(self.log, lake, micro_batch=micro_batch, **told).drain()
