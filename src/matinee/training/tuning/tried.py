"""A trial that is over, and the best of several."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Outcome = Literal["finished", "stopped", "failed"]


class Tried(NamedTuple):
    """A trial that is over: what came of it, its options, and its figure or why it failed.

    The figure of one that was stopped early is None.
    """

    outcome: Outcome
    options: Any
    figure: float | None
    reason: str | None = None


def best(tried: Sequence[Tried]) -> Tried:
    """The one with the highest figure; of equals the first."""
    return max((each for each in tried if each.figure is not None), key=lambda each: each.figure or 0.0)
