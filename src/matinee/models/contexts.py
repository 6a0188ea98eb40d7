"""How the contexts of a sequential model forget, by events and by time.

A context k keeps of everything, from one event to the next one Δ later, f_k(Δ), and counts a_k(Δ, n) when Δ
after the last of n events another is awaited:

    f_k(Δ) = keep_k (1 + Δ/τ)^-fade_k,      a_k(Δ, n) = (1 + Δ/τ)^-wane_k n^-share_k

The circumstances z(Δ, n) = [1, l, l^2, p, p^2, l p], with l = log(1 + Δ/τ) and p = log n, are what is known
besides the movies. Δ is told in classes that double: class 0 is below a second, c from 2^(c-1) to 2^c.

Whoever asks w after the last event does not know Δ, only that it will be w or more. Scores are linear in a
and z, so their expectation takes the means of (1 + Δ/τ)^-wane_k, l and l^2 over the gaps Δ >= w of the
training data.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.models.base import Floats, Ints
from matinee.models.options import searched

CLASSES = 40
"""More than are ever seen: the last is 8,700 years."""
_SECONDS = np.r_[0.0, np.sqrt(2) * 2.0 ** np.arange(CLASSES - 1)]
"""What stands for each class: its geometric middle."""
CIRCUMSTANCES = 6
_EVENTS = 10_000
"""More events than this are no other circumstance."""


@dataclass(frozen=True)
class Context:
    """One way to forget; see the equations above."""

    keep: float = field(metadata=searched(0.05, 1, most=1))
    """What is left of everything after one more event, however soon it comes."""
    fade: float = field(default=0.0, metadata=searched(0, 2, most=100))
    """How fast a gap between two events fades what was before it; 0: not at all."""
    wane: float = field(default=0.0, metadata=searched(0, 3, most=100))
    """How fast the whole context wanes while the next event is awaited; 0: not at all."""
    share: float = field(default=0.0, metadata=searched(0, 1, most=100))
    """From 0, the sum of the events counts, to 1, their mean does."""
    ridge: float = field(default=500.0, metadata=searched(10, 10_000, log=True))
    """What is added to its part of the diagonal, per million targets."""


class Forgetting(NamedTuple):
    """The tables of K contexts: `steps[c, k]` is f_k, `waning[c, k]` is a_k for n = 1, `log_gaps[c]` is l."""

    steps: Floats
    waning: Floats
    log_gaps: Floats
    shares: Floats

    @classmethod
    def of(cls, contexts: tuple[Context, ...], tau: float) -> "Forgetting":
        """The tables, with `tau` in seconds."""
        log_gaps = np.log1p(_SECONDS / tau)
        keep, fade, wane, share = (
            np.array([getattr(context, name) for context in contexts])
            for name in ("keep", "fade", "wane", "share")
        )
        steps = keep * np.exp(-log_gaps[:, None] * fade)
        waning = np.exp(-log_gaps[:, None] * wane)
        return cls(*(table.astype(np.float32) for table in (steps, waning, log_gaps, share)))

    def weights(self, classes: Ints, counts: Ints) -> Floats:
        """a_k, shape (len(classes), K), `classes` after the last of `counts` events each."""
        return self.waning[classes] * counts[:, None].astype(np.float32) ** -self.shares

    def circumstances(self, classes: Ints, counts: Ints) -> Floats:
        """z, shape (len(classes), CIRCUMSTANCES)."""
        gaps = self.log_gaps[classes]
        return circumstances(gaps, gaps**2, counts).T

    def expected(self, classes: Ints) -> Floats:
        """The means over the gaps Δ >= w of these, for each class of w: shape (CLASSES, K + 2).

        They are those of a_k for n = 1, of l and of l^2. Longer gaps than any of these are like the longest.
        """
        tables = np.column_stack([self.waning, self.log_gaps, self.log_gaps**2])
        numbers = np.bincount(classes, minlength=CLASSES).astype(np.float64)
        seen = int(classes.max(initial=0))
        numbers[seen] = max(numbers[seen], 1)
        sums = np.cumsum((tables * numbers[:, None])[::-1], axis=0)[::-1]
        means = sums / np.maximum(np.cumsum(numbers[::-1])[::-1], 1)[:, None]
        means[seen:] = tables[seen]
        return means.astype(np.float32)


def gap_classes(microseconds: npt.NDArray[np.int64]) -> Ints:
    """The classes of these gaps; one that is negative is none."""
    seconds = np.maximum(microseconds // 1_000_000, 0)
    classes: Ints = np.frexp(seconds.astype(np.float64))[1].astype(np.int32)
    return classes


def gap_class(microseconds: int) -> int:
    """The class of one gap."""
    return (max(microseconds, 0) // 1_000_000).bit_length()


def circumstances(gap: Any, square: Any, count: Any) -> Floats:
    """z, of l, l^2 and n > 0: shape (CIRCUMSTANCES,), with what theirs is behind it."""
    p = np.log(np.minimum(count, _EVENTS))
    return np.array([np.ones_like(p), gap, square, p, p * p, gap * p], np.float32)
