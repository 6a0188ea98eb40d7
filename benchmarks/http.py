"""HTTP/1.1 at its barest: requests are bytes made beforehand, answers are cut out of a socket's bytes.

Sparing on purpose: what the load generator spends, the server under test does not get.
"""

import re
import socket
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from benchmarks.errors import BenchmarkError

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, decoded. Raises BenchmarkError for any status but 2xx."""
        if not self.status // 100 == 2:
            raise BenchmarkError(f"HTTP {self.status}: {self.body[:300]!r}")
        return msgspec.json.decode(self.body)


def get(path: str) -> bytes:
    """A GET of `path` on a kept-alive connection."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode()


def post(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST of `body` to `path` on a kept-alive connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def cut(buffer: bytearray) -> Answer | None:
    """Take the first whole answer out of `buffer`; None, and nothing taken, while it is not whole."""
    head = buffer.find(_END)
    if head < 0:
        return None
    length = _LENGTH.search(buffer, 0, head + 2)
    if length is None:
        raise BenchmarkError(f"an answer without Content-Length: {bytes(buffer[: head + 2])!r}")
    start = head + len(_END)
    end = start + int(length[1])
    if len(buffer) < end:
        return None
    answer = Answer(int(buffer[9:12]), bytes(buffer[start:end]))
    del buffer[:end]
    return answer


def connect(port: int) -> socket.socket:
    """A connection to 127.0.0.1 that sends at once what it is given."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Client:
    """One kept-alive connection, used one request at a time."""

    def __init__(self, port: int) -> None:
        self._socket = connect(port)
        self._buffer = bytearray()

    def send(self, request: bytes) -> Answer:
        """Send `request` and wait for its answer, at most 30 s."""
        self._socket.sendall(request)
        while (answer := cut(self._buffer)) is None:
            received = self._socket.recv(1 << 16)
            if not received:
                raise BenchmarkError("the server closed the connection instead of answering")
            self._buffer += received
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
