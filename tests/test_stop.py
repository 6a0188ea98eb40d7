"""A wish to end that comes while its waiter is anywhere."""

import subprocess
import sys

from matinee.stop import Stop

_HAMMERED = """
import signal, threading
from matinee.stop import Stop

for _ in range(20_000):
    stop = Stop()
    signal.signal(signal.SIGALRM, lambda *_: stop.set())
    signal.setitimer(signal.ITIMER_REAL, 2e-6)
    while not stop.wait(1e-6):
        pass
"""


def test_a_signal_at_any_moment_of_the_waiting_ends_it():
    subprocess.run([sys.executable, "-c", _HAMMERED], check=True, timeout=120)


def test_once_set_it_stays_set():
    stop = Stop()
    assert not stop.wait(0)
    stop.set()
    assert stop.wait(60)
    assert stop.wait(60)
    assert stop.is_set()
