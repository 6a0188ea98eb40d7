"""Group commit: who waits shares the next commit."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from matinee.errors import LogError
from matinee.log.group import Group


class Gate:
    """A commit that waits to be let through, and remembers its groups."""

    def __init__(self):
        self.groups: list[list[str]] = []
        self.entered = threading.Semaphore(0)
        self.open = threading.Semaphore(0)
        self.error: BaseException | None = None

    def commit(self, asked):
        self.groups.append(asked)
        self.entered.release()
        assert self.open.acquire(timeout=30)
        if self.error:
            raise self.error
        return [text.upper() for text in asked]


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def _queued(group, count):
    while len(group._queue) < count:
        pass


def test_those_who_wait_share_the_next_commit(gate, pool):
    group = Group(gate.commit)
    first = pool.submit(group, "a")
    gate.entered.acquire()
    others = []
    for i, text in enumerate("bcd"):
        others.append(pool.submit(group, text))
        _queued(group, i + 1)
    gate.open.release(2)
    assert first.result(30) == "A"
    assert [other.result(30) for other in others] == ["B", "C", "D"]
    assert gate.groups == [["a"], ["b", "c", "d"]]


def test_a_failed_commit_fails_its_group_and_not_the_next(gate, pool):
    group = Group(gate.commit)
    gate.error = LogError("disk full")
    gate.open.release(2)
    with pytest.raises(LogError, match="disk full"):
        group("a")
    gate.error = None
    assert group("b") == "B"


def test_an_interrupted_leader_leaves_nobody_waiting(gate, pool):
    group = Group(gate.commit)
    first = pool.submit(group, "a")
    gate.entered.acquire()
    second = pool.submit(group, "b")
    _queued(group, 1)
    third = pool.submit(group, "c")
    _queued(group, 2)
    gate.open.release()
    assert first.result(30) == "A"
    gate.entered.acquire()
    gate.error = KeyboardInterrupt()
    gate.open.release()
    with pytest.raises(KeyboardInterrupt):
        second.result(30)
    with pytest.raises(LogError, match="interrupted"):
        third.result(30)
    gate.error = None
    gate.open.release()
    assert group("d") == "D"
