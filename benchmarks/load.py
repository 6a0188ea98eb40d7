"""The load generator: one process of its own, many connections, every latency and every status kept.

Closed loop (`rate=None`): each connection sends its next request when its last is answered; this finds
the peak. Open loop: requests are due at random moments (Poisson) whatever the server does, and a latency
counts from the moment its request was due, so that a stalled server cannot hide its queue.

It is Python and yet costs little more than `wrk` (65 against 50 µs of CPU a request where both were tried),
most of it the kernel's; the server under test does not get that on a full machine, so each outcome carries
what was spent. `select` and not `epoll`, because its timeout is finer than a millisecond.
"""

import gc
import itertools
import math
import multiprocessing
import random
import select
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from benchmarks.errors import BenchmarkError
from benchmarks.http import connect, cut

_SPAWN = multiprocessing.get_context("spawn")
_LONGEST_WAIT = 0.05
_CHUNK = 1 << 16
_PATIENCE = 30.0


class Plan(NamedTuple):
    """What to send: `requests` in order, over and over for `seconds`, or each once without."""

    port: int
    requests: Sequence[bytes]
    connections: int
    rate: float | None = None
    """Requests a second that become due; None is the closed loop."""
    seconds: float | None = None


class Outcome(NamedTuple):
    """What came of a plan. `latencies` in seconds, in order of the answers; `seconds` from first to last."""

    latencies: npt.NDArray[np.float64]
    statuses: dict[int, int]
    seconds: float
    cpu: float
    """Seconds of CPU that the generator spent itself."""
    failure: str
    """The first answer that was no 2xx, or nothing."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def milliseconds(self, percentile: float) -> float:
        """The latency that this percentage of the requests did not exceed."""
        return float(np.percentile(self.latencies, percentile)) * 1e3

    def checked(self) -> Self:
        """Itself, when every answer was a 2xx; raises BenchmarkError with the status table otherwise."""
        if not self.latencies.size or any(status // 100 != 2 for status in self.statuses):
            raise BenchmarkError(f"not every answer was a 2xx: {self.statuses}; {self.failure}")
        return self


class Generator:
    """A generator at work in a process of its own, until its plan ends or `stop` is called."""

    def __init__(self, plan: Plan) -> None:
        self._stop = _SPAWN.RawValue("b", 0)
        self._outcome, outcome = _SPAWN.Pipe(duplex=False)
        self._process = _SPAWN.Process(target=_work, args=(plan, self._stop, outcome), daemon=True)
        self._process.start()
        outcome.close()
        self._receive("start")

    def stop(self) -> Outcome:
        """Send nothing more; the outcome of what was sent."""
        self._stop.value = 1
        return self.wait()

    def wait(self) -> Outcome:
        """The outcome, once the plan has ended."""
        outcome: Outcome = self._receive("end")
        self._process.join()
        return outcome.checked()

    def _receive(self, moment: str) -> Outcome:
        try:
            received: Outcome | str = self._outcome.recv()
        except EOFError as error:
            raise BenchmarkError(f"the load generator died before its {moment}") from error
        if isinstance(received, str) and received:
            raise BenchmarkError(received)
        return received  # type: ignore[return-value]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def run(plan: Plan) -> Outcome:
    """Carry out `plan` in a process of its own. Raises BenchmarkError unless every answer is a 2xx."""
    with Generator(plan) as generator:
        return generator.wait()


def _work(plan: Plan, stop: Any, outcome: Pipe) -> None:
    gc.disable()
    outcome.send("")
    try:
        outcome.send(generate(plan, lambda: bool(stop.value)))
    except (OSError, BenchmarkError) as error:
        outcome.send(f"the load generator: {error}")


class _Connection:
    __slots__ = ("buffer", "since", "socket", "unsent")

    def __init__(self, port: int) -> None:
        self.socket = connect(port)
        self.socket.setblocking(False)
        self.buffer = bytearray()
        self.unsent = memoryview(b"")
        self.since = 0.0

    def send(self) -> None:
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            return

    def receive(self) -> None:
        received = self.socket.recv(_CHUNK)
        if not received:
            raise BenchmarkError("the server closed a connection instead of answering")
        self.buffer += received


def generate(plan: Plan, stopped: Callable[[], bool]) -> Outcome:
    """Carry out `plan` in this process; `stopped` is asked again and again whether to end early."""
    loop = _Loop(plan, stopped)
    cpu = time.process_time()
    loop.run()
    return Outcome(
        latencies=np.array(loop.latencies),
        statuses=dict(loop.statuses),
        seconds=loop.last,
        cpu=time.process_time() - cpu,
        failure=loop.failure,
    )


class _Loop:
    """The state of one run. Times are in seconds from its start."""

    def __init__(self, plan: Plan, stopped: Callable[[], bool]) -> None:
        self._plan = plan
        self._stopped = stopped
        self._arrivals = _arrivals(plan)
        self._until = (plan.rate is None and plan.seconds) or math.inf
        self._due, self._request = next(self._arrivals)
        # In turn, so that every worker behind the port gets its share when few connections are busy.
        self._idle = deque(_Connection(plan.port) for _ in range(plan.connections))
        self._busy: dict[int, _Connection] = {}
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.failure = ""
        self.last = 0.0

    def run(self) -> None:
        begin = time.perf_counter()
        now = 0.0
        while self._more(now) or self._busy:
            self._send_due(now)
            wait = self._due - now if self._idle and self._more(now) else _LONGEST_WAIT
            unsent = [fd for fd, each in self._busy.items() if each.unsent]
            wait = min(max(wait, 0.0), _LONGEST_WAIT)
            readable, writable, _ = select.select(self._busy, unsent, (), wait)
            now = time.perf_counter() - begin
            for fd in writable:
                self._busy[fd].send()
            for fd in readable:
                self._receive(fd, now)
            if self._busy and now - self.last > _PATIENCE:
                raise BenchmarkError(f"no answer for {_PATIENCE:.0f} s")
        for connection in self._idle:
            connection.socket.close()

    def _more(self, now: float) -> bool:
        """Whether anything is still to be sent; what became due in time is sent even when late."""
        return bool(self._request) and now < self._until and not self._stopped()

    def _send_due(self, now: float) -> None:
        while self._idle and self._due <= now and self._more(now):
            connection = self._idle.popleft()
            connection.since = now if self._plan.rate is None else self._due
            connection.unsent = memoryview(self._request)
            connection.send()
            self._busy[connection.socket.fileno()] = connection
            self._due, self._request = next(self._arrivals)

    def _receive(self, fd: int, now: float) -> None:
        connection = self._busy[fd]
        connection.receive()
        answer = cut(connection.buffer)
        if answer is None:
            return
        self.last = now
        self.latencies.append(now - connection.since)
        self.statuses[answer.status] += 1
        if answer.status // 100 != 2 and not self.failure:
            self.failure = repr(answer.body[:300])
        self._idle.append(self._busy.pop(fd))


def _arrivals(plan: Plan) -> Iterator[tuple[float, bytes]]:
    """The requests and when each is due, in seconds from the start; at the end, an empty one."""
    random_ = random.Random(7)
    due = 0.0
    for request in plan.requests if plan.seconds is None else itertools.cycle(plan.requests):
        if plan.rate is not None:
            due += random_.expovariate(plan.rate)
            if plan.seconds is not None and due >= plan.seconds:
                break
        yield due, request
    yield math.inf, b""
