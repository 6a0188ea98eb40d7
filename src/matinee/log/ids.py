"""The ids that a log has, in memory: 16 bytes for each, however many there are."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

WIDTH = 16
"""Bytes of a digest: two ids of a trillion share one with a probability below 10^-14."""
_RECENT = 1 << 16

Words = npt.NDArray[np.uint64]


def digests_of(ids: Iterable[str]) -> list[bytes]:
    """The 128-bit BLAKE2b digest (RFC 7693) that stands for each id.

    Raises UnicodeEncodeError when one is no text.
    """
    return [blake2b(id_.encode(), digest_size=WIDTH).digest() for id_ in ids]


class Run(NamedTuple):
    """Digests as two parallel columns of 64 bits, sorted by the first."""

    high: Words
    low: Words

    @classmethod
    def of(cls, digests: bytes) -> "Run":
        """The run of concatenated digests."""
        high, low = _columns(digests)
        order = np.argsort(high)
        return cls(high[order], low[order])

    def merged(self, other: "Run") -> "Run":
        """The run of both: one pass, since a stable sort finds the two that are sorted already."""
        high = np.concatenate((self.high, other.high))
        order = np.argsort(high, kind="stable")
        return Run(high[order], np.concatenate((self.low, other.low))[order])

    def has(self, high: Words, low: Words) -> npt.NDArray[np.bool_]:
        """Which of the digests asked for are here."""
        place = np.searchsorted(self.high, high)
        found = np.zeros(len(high), dtype=bool)
        left = np.flatnonzero(place < len(self.high))
        while len(left):  # a second round only where two digests share their first half
            left = left[self.high[place[left]] == high[left]]
            found[left] = self.low[place[left]] == low[left]
            place[left] += 1
            left = left[~found[left] & (place[left] < len(self.high))]
        return found


class Ids:
    """A set of digests: recent ones in a Python set, older ones in a few sorted runs.

    Runs are merged like the digits of a counter, each at least twice the next, so that n digests lie
    in at most log2(n / 65,536) runs of 16 n bytes together, and each is moved about as many times.
    """

    def __init__(self) -> None:
        self._recent: set[bytes] = set()
        self._runs: list[Run] = []

    def __len__(self) -> int:
        return len(self._recent) + sum(len(run.high) for run in self._runs)

    def add(self, digests: bytes) -> None:
        """Take in concatenated digests."""
        if len(digests) >= _RECENT * WIDTH:
            self._settle(digests)
            return
        self._recent.update(split(digests))
        if len(self._recent) >= _RECENT:
            self._settle(b"".join(self._recent))
            self._recent = set()

    def known(self, digests: Sequence[bytes]) -> set[bytes]:
        """Those of `digests` that are in the set."""
        found = self._recent.intersection(digests)
        if self._runs:
            high, low = _columns(b"".join(digests))
            order = np.argsort(high)  # neighbours take the same way through a run, and find it cached
            high, low = high[order], low[order]
            for run in self._runs:
                found.update(digests[i] for i in order[run.has(high, low)].tolist())
        return found

    def _settle(self, digests: bytes) -> None:
        run = Run.of(digests)
        while self._runs and len(self._runs[-1].high) < 2 * len(run.high):
            run = self._runs.pop().merged(run)
        self._runs.append(run)


def split(digests: bytes) -> list[bytes]:
    """The single digests of concatenated ones."""
    single: list[bytes] = np.frombuffer(digests, dtype=f"V{WIDTH}").tolist()
    return single


def _columns(digests: bytes) -> tuple[Words, Words]:
    words = np.frombuffer(digests, dtype=np.uint64).reshape(-1, 2)
    return np.ascontiguousarray(words[:, 0]), np.ascontiguousarray(words[:, 1])
