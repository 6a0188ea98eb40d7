"""The local runner keeps the contract of the stream, over a log in memory."""

from collections.abc import Sequence
from typing import Any

import pytest

from matinee.lake.delta import Lake
from matinee.log.base import Entry
from matinee.log.partitions import NAMES
from matinee.stream.commit import Drained
from matinee.stream.local import LocalStream
from tests.stream.contract import StreamContract
from tests.stream.memory_log import MemoryLog


class TestLocalStream(StreamContract):
    @pytest.fixture(autouse=True)
    def fed(self) -> None:
        self.log = MemoryLog(len(NAMES))

    def feed(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.log.entries[entry.partition].append(entry)

    def drain(self, lake: Lake, micro_batch: int = 50_000, **told: Any) -> Drained:
        return LocalStream(self.log, lake, micro_batch=micro_batch, **told).drain()
