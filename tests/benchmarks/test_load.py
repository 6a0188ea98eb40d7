"""The load generator, against a server of a few lines."""

import itertools
import socketserver
import threading
from contextlib import contextmanager

import pytest

from benchmarks import load
from benchmarks.errors import BenchmarkError
from benchmarks.http import get, post
from benchmarks.load import Plan


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    status = 200
    hold = 0
    """Answer nothing until this many requests are there."""

    def __init__(self):
        self.seen: list[bytes] = []
        self.enough = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self):
        while request := self.rfile.readline():
            length = 0
            while (line := self.rfile.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.server.seen.append(request.split()[1] + self.rfile.read(length))
            if len(self.server.seen) >= self.server.hold:
                self.server.enough.set()
            self.server.enough.wait(10)
            self.wfile.write(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}" % self.server.status)


@contextmanager
def serving():
    with _Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server, server.server_address[1]
        finally:
            server.shutdown()


def never():
    return False


def test_every_request_is_sent_once_however_large():
    bodies = [str(number).encode() * 300_000 for number in range(6)]
    with serving() as (server, port):
        outcome = load.generate(Plan(port, [post("/", body) for body in bodies], connections=2), never)
    assert sorted(server.seen) == sorted(b"/" + body for body in bodies)
    assert outcome.statuses == {200: 6}
    assert len(outcome.latencies) == 6


def test_connections_are_used_at_the_same_time():
    with serving() as (server, port):
        server.hold = 4
        outcome = load.generate(Plan(port, [get("/")] * 4, connections=4), never)
    assert outcome.statuses == {200: 4}


def test_with_an_open_loop_what_came_due_in_time_is_sent_and_counts_from_when_it_was_due():
    plan = Plan(0, [get(f"/{number}") for number in range(3)], connections=1, rate=200.0, seconds=0.2)
    dues = [due for due, request in load._arrivals(plan) if request]
    with serving() as (server, port):
        outcome = load.generate(plan._replace(port=port), never)
    assert len(outcome.latencies) == len(server.seen) == len(dues)
    assert min(outcome.latencies) >= 0
    assert all(0 <= due < 0.2 for due in dues)


def test_a_closed_loop_begins_anew_until_its_time_is_over():
    with serving() as (server, port):
        outcome = load.generate(Plan(port, [get("/a"), get("/b")], connections=1, seconds=0.1), never)
    assert server.seen[:3] == [b"/a", b"/b", b"/a"]
    assert outcome.statuses == {200: len(server.seen)}


def test_it_stops_when_told():
    told = itertools.chain([False] * 3, itertools.repeat(True))
    with serving() as (_, port):
        outcome = load.generate(Plan(port, [get("/")], connections=1, seconds=60), lambda: next(told))
    assert outcome.statuses[200] >= 1


def test_any_status_but_2xx_fails_with_the_table():
    with serving() as (server, port):
        server.status = 503
        outcome = load.generate(Plan(port, [get("/")] * 3, connections=1), never)
    with pytest.raises(BenchmarkError, match=r"\{503: 3\}"):
        outcome.checked()


def test_a_generator_in_a_process_of_its_own_gives_its_outcome():
    with serving() as (server, port):
        outcome = load.run(Plan(port, [get("/")] * 5, connections=2))
    assert outcome.statuses == {200: 5}
    assert len(server.seen) == 5
    assert outcome.cpu > 0


def test_a_generator_that_cannot_connect_says_so():
    with serving() as (_, port):
        pass
    with pytest.raises(BenchmarkError, match="refused"):
        load.run(Plan(port, [get("/")], connections=1))
