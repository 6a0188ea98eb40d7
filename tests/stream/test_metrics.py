"""The stream says what it does."""

import socket

import pytest

from matinee.errors import SettingError
from matinee.log.base import Position
from matinee.stream.commit import Committed, Drained
from matinee.stream.metrics import StreamMetrics
from tests.support import HTTP


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
    return found


def test_batches_are_counted(port: int):
    metrics = StreamMetrics("127.0.0.1", port)
    for _ in range(2):
        metrics.take(Committed(Drained(3, 1, 0, 2), 0.5, 0.75, Position([7, 8])))
    told = HTTP.get(f"http://127.0.0.1:{port}/metrics").text
    metrics.close()
    assert 'matinee_stream_rows_total{table="events"} 6.0' in told
    assert 'matinee_stream_rows_total{table="erased"} 4.0' in told
    assert "matinee_stream_batch_seconds_count 2.0" in told
    assert "matinee_stream_lag_seconds 0.75" in told
    assert 'matinee_stream_offset{partition="1"} 8.0' in told


def test_a_port_that_is_taken_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(SettingError, match="another port"):
        StreamMetrics("127.0.0.1", server.getsockname()[1])
