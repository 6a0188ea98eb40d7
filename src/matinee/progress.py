"""How long work tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float, float | None], None]
"""Told what is being done, how much of it is done, and of how much when that is known."""

TOLD_AS = "matinee.progress"
"""What the context of a verb has for how progress is told: `bar` or `json`."""


def silent(_what: str, _done: float, _total: float | None) -> None:
    """Progress for those who do not want to know."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """`progress` for a part of the work: its whole is from `start` to `end` of all, shares from 0 to 1."""

    def report(what: str, done: float, total: float | None) -> None:
        progress(what, start + (end - start) * done / (total or 1.0), 1.0)

    return report
