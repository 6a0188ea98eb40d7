"""Group commit: threads that ask at the same time share one commit."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from matinee.errors import LogError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Turn(Generic[Asked, Answer]):
    """One thread's wish, and what came of it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answer: Answer
        self.error: Exception | None = None
        self.done = False
        self.woken = threading.Event()


class Group(Generic[Asked, Answer]):
    """Calls `commit` with everything asked since the last call, in order, never twice at once.

    The first thread to come leads: it commits for all who wait. Those who come meanwhile wait, and the
    first of them leads next. An idle caller commits at once, without another thread.
    """

    def __init__(self, commit: Callable[[list[Asked]], list[Answer]]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._queue: list[_Turn[Asked, Answer]] = []
        self._led = False

    def __call__(self, asked: Asked) -> Answer:
        """The answer of `commit` to `asked`. Raises what `commit` raised, for the whole group."""
        turn: _Turn[Asked, Answer] = _Turn(asked)
        with self._lock:
            self._queue.append(turn)
            follows, self._led = self._led, True
        if follows:
            turn.woken.wait()
        if not turn.done:
            self._lead()
        if turn.error is not None:
            raise turn.error
        return turn.answer

    def _lead(self) -> None:
        with self._lock:
            group, self._queue = self._queue, []
        try:
            answers = self._commit([turn.asked for turn in group])
            for turn, answer in zip(group, answers, strict=True):
                turn.answer = answer
        except Exception as error:
            for turn in group:
                turn.error = error
        except BaseException:
            for turn in group:
                turn.error = LogError(
                    "the append was interrupted and may or may not be kept; repeat it: its ids keep it single"
                )
            raise
        finally:
            self._pass_on(group)

    def _pass_on(self, group: list[_Turn[Asked, Answer]]) -> None:
        with self._lock:
            self._led = bool(self._queue)
            if self._queue:
                self._queue[0].woken.set()
        for turn in group:
            turn.done = True
            turn.woken.set()
