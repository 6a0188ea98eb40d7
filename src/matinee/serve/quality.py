"""Live quality: how good recommendations are right now, in rolling figures that all processes share.

Prequential evaluation ("test, then train") with fading factors: Gama, Sebastião and Rodrigues, "On
evaluating stream learning algorithms", Machine Learning 90 (2013), who find that they need no memory and
follow changes faster than sliding windows; for recommendations see Vinagre, Jorge and Gama, "Evaluation of
recommender systems in streaming environments" (2014). Of the gains x(1), x(2), … of judged events

    S(i) = x(i) + a S(i-1),  N(i) = 1 + a N(i-1),  mean = S / N,  a = 0.999

so that the latest thousand or so count. The standard error follows from Q, the faded sum of x², and W, that
of the squared weights, W(i) = 1 + a² W(i-1), taking events as independent: n = N²/W events of equal weight
would tell as much, and error² = (Q/N - mean²) / (n - 1). Sums of several processes simply add up.
"""

import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from matinee.evaluation.metrics import gains, hits, reciprocals
from matinee.serve.recommender import Ranks

try:
    import fcntl
except ImportError:  # Windows: there several processes cannot tell which of them is which
    fcntl = None  # type: ignore[assignment]

Outcome = Literal["judged", "no-target", "over-budget", "not-live", "failed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What became of an event of a user; what is over budget is not looked at, so those may be others too."""
Users = Literal["returning", "new"]
USERS: tuple[Users, ...] = get_args(Users)
"""Those with an earlier event, and those without."""
MODELS = ("blend", "popular")
"""What is served, and the list of what is most popular, without what the user has seen."""
K = 10
FADING = 0.999
"""The weight of an event when one more has been judged."""
_ROW = np.dtype(
    [
        ("outcomes", "f8", len(OUTCOMES)),
        ("judged", "f8", len(USERS)),
        ("N", "f8", len(USERS)),
        ("W", "f8", len(USERS)),
        ("S", "f8", (len(USERS), len(MODELS), 3)),
        ("Q", "f8", (len(USERS), len(MODELS), 3)),
    ]
)
"""What one process counts: in S and Q hits, NDCG and reciprocal ranks."""


@dataclass(frozen=True)
class Estimate:
    """A rolling mean and its standard error; both None where too little is judged to say."""

    value: float | None
    error: float | None


@dataclass(frozen=True)
class Quality:
    """The rolling figures of one model for some users, and what they rest on."""

    users: Users
    model: str
    judged: int
    """Since the start."""
    events: float
    """So many judged events of equal weight would tell as much."""
    hit_rate: Estimate
    ndcg: Estimate
    mrr: Estimate


class LiveQuality:
    """The figures of all processes of a service, each of which counts in a row of its own.

    A row is a process's until it ends; who has none only reads. With a folder, the rows are in a file there,
    mapped into memory, and whoever takes a row over goes on where it stopped; without, there is one process.
    Another one's row is read while it changes: a figure may then be off by a single event.
    """

    def __init__(self, processes: int = 1, folder: Path | None = None) -> None:
        self.processes = processes
        self._file = None if folder is None else _opened(folder, processes)
        memory = bytearray(processes * _ROW.itemsize) if self._file is None else mmap.mmap(self._file, 0)
        self._rows = np.frombuffer(memory, _ROW)
        self.place: int | None = 0 if self._file is None else None
        """Which of the rows is this process's."""

    def claim(self) -> bool:
        """Whether this process has a row; it takes a free one if it has none."""
        for place in range(self.processes) if self.place is None else ():
            if self._locked(place):
                self.place = place
                break
        return self.place is not None

    def _locked(self, place: int) -> bool:
        """Lock the byte of this row for as long as this process lives."""
        if self._file is None or fcntl is None:
            return False
        # The file is opened once in a process: closing another opening of it would let go of the lock.
        with suppress(OSError):
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            return True
        return False

    def count(self, outcome: Outcome, number: int = 1) -> None:
        """Note what became of so many events; only with a row."""
        self._rows["outcomes"][self.place, OUTCOMES.index(outcome)] += number

    def add(self, ranks: Ranks) -> None:
        """Note a judged event; only with a row."""
        self.count("judged")
        of = self.place, int(ranks.events == 0)
        places = np.array([ranks.own, ranks.popular], np.int32)
        x = np.stack([hits(places, K), gains(places, K), reciprocals(places)], axis=1)
        self._rows["judged"][of] += 1
        for name, gained, fading in (
            ("N", 1.0, FADING),
            ("W", 1.0, FADING**2),
            ("S", x, FADING),
            ("Q", x**2, FADING),
        ):
            self._rows[name][of] = gained + fading * self._rows[name][of]

    def outcomes(self) -> dict[str, int]:
        """What became of the events, in all processes, since the start."""
        return dict(zip(OUTCOMES, self._sum("outcomes").astype(int).tolist(), strict=True))

    def figures(self) -> list[Quality]:
        """The rolling figures of all processes together."""
        judged, n, w, s, q = (self._sum(name) for name in ("judged", "N", "W", "S", "Q"))
        return [
            Quality(
                users,
                model,
                judged=int(judged[of]),
                events=float(n[of] ** 2 / w[of]) if n[of] else 0.0,
                hit_rate=_estimate(n[of], w[of], s[of, m, 0], q[of, m, 0]),
                ndcg=_estimate(n[of], w[of], s[of, m, 1], q[of, m, 1]),
                mrr=_estimate(n[of], w[of], s[of, m, 2], q[of, m, 2]),
            )
            for of, users in enumerate(USERS)
            for m, model in enumerate(MODELS)
        ]

    def close(self) -> None:
        """Give the row back."""
        if self._file is not None:
            os.close(self._file)
            self._file = self.place = None

    def _sum(self, name: str) -> npt.NDArray[np.float64]:
        total: npt.NDArray[np.float64] = self._rows[name].sum(axis=0)
        return total


def _estimate(n: Any, w: Any, s: Any, q: Any) -> Estimate:
    """The mean and its error, from the sums N, W, S and Q."""
    if not n:
        return Estimate(None, None)
    mean, events = float(s / n), float(n * n / w)
    variance = max(float(q / n) - mean**2, 0.0)
    return Estimate(mean, (variance / (events - 1)) ** 0.5 if events > 1 + 1e-9 else None)


def _opened(folder: Path, processes: int) -> int:
    """The file of the rows, as long as it must be."""
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / "live-quality", os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(file, processes * _ROW.itemsize)
    return file
