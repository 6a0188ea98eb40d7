"""What Prometheus is told of the stream, by the process that runs it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from matinee.errors import SettingError
from matinee.stream.commit import Committed

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class StreamMetrics:
    """Counts what is committed, and answers `/metrics` at `host` and `port`, until `close`."""

    def __init__(self, host: str, port: int) -> None:
        registry = CollectorRegistry()
        self._rows = Counter(
            "matinee_stream_rows", "Rows that the stream added, and erased.", ["table"], registry=registry
        )
        self._seconds = Histogram(
            "matinee_stream_batch_seconds", "From parsed to committed.", buckets=_SECONDS, registry=registry
        )
        described = "From the last entry of a batch being durable in the log to its being in the lake."
        self._lag = Gauge("matinee_stream_lag_seconds", described, registry=registry)
        described = "Up to where the lake has each partition of the log."
        self._offset = Gauge("matinee_stream_offset", described, ["partition"], registry=registry)
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            raise SettingError(
                f"the stream cannot say its metrics at {host}:{port}: {error.strerror or error}; set "
                "MATINEE_STREAM_PORT to another port, or to 0 for none"
            ) from error

    def take(self, done: Committed) -> None:
        """Count one batch."""
        for table, rows in done.added._asdict().items():
            self._rows.labels(table).inc(rows)
        self._seconds.observe(done.seconds)
        self._lag.set(done.lag)
        for partition, offset in enumerate(done.position):
            self._offset.labels(str(partition)).set(offset)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
