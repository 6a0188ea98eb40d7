"""The wish to end, as Ctrl-C and SIGTERM tell it to work in progress."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended."""


class Stop:
    """Set once, from anywhere; waited for by one thread.

    A signal handler may set it at any moment. `threading.Event` is not made for that: its `set` wants the
    lock that the interrupted thread may hold in `wait`, and both then wait for ever. A SimpleQueue's `put`
    is reentrant.
    """

    def __init__(self) -> None:
        self._set = False
        self._woken: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Ask to end."""
        self._set = True
        self._woken.put(None)

    def is_set(self) -> bool:
        """Whether to end."""
        return self._set

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is set; return whether to end."""
        if not self._set:
            with suppress(Empty):
                self._woken.get(timeout=seconds)
        return self._set


@contextmanager
def set_by_signals(stop: Stop) -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM set `stop` instead of ending the program."""
    before = [(name, signal.signal(name, lambda *_: stop.set())) for name in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for name, handler in before:
            signal.signal(name, handler)
