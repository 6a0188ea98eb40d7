"""Training epoch by epoch, kept in a folder, so that it goes on where it was stopped.

The folder has a line of JSON for every epoch that is done, and a checkpoint of the last of them.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct, json

FILE = "epochs.jsonl"


class Trainable(Protocol):
    """What is trained."""

    def train_epoch(self, number: int) -> None:
        """Train the epoch of this number, from 1."""
        ...

    def save(self, path: Path) -> None:
        """Keep all that the next epoch needs."""
        ...

    def load(self, path: Path) -> None:
        """Go on from what was kept."""
        ...


class Judged(Struct, frozen=True):
    """How good a model is on the validation."""

    hit_rate: float
    ndcg: float


class Epoch(Struct, frozen=True):
    """One epoch: seconds that it took by the clock and of CPU, of all threads together; judging is apart."""

    number: int
    wall: float
    cpu: float
    judged: Judged | None = None


class Cost(Struct, frozen=True):
    """What epochs took together: seconds by the clock, and of CPU, of all threads together."""

    epochs: int
    wall: float
    cpu: float


def cost(epochs: Sequence[Epoch]) -> Cost:
    """The sum."""
    return Cost(len(epochs), sum(each.wall for each in epochs), sum(each.cpu for each in epochs))


def best(epochs: Sequence[Epoch]) -> Epoch:
    """The judged epoch with the highest NDCG, the first of equals."""
    return max((each for each in epochs if each.judged), key=_ndcg)


def exhausted(epochs: Sequence[Epoch], patience: int) -> bool:
    """Whether the last `patience` epochs brought nothing better."""
    return bool(epochs) and epochs[-1].number - best(epochs).number >= patience


def kept(folder: Path) -> list[Epoch]:
    """The epochs that are done in `folder`."""
    file = folder / FILE
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [json.decode(line, type=Epoch) for line in lines]


def train(
    model: Trainable,
    folder: Path,
    enough: Callable[[Sequence[Epoch]], bool],
    judge: Callable[[], Judged | None],
    told: Callable[[Epoch], None],
) -> list[Epoch]:
    """Train until there are `enough` epochs, from those that the folder has on; return all of them.

    1. Train the epoch. 2. Judge it. 3. Keep a checkpoint of it. 4. Write its line: now it is done. 5. Remove
    the checkpoint before it. Stopped anywhere, at most the epoch at hand is lost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    epochs = kept(folder)
    if epochs:
        model.load(_checkpoint(folder, len(epochs)))
    while not enough(epochs):
        number = len(epochs) + 1
        wall, cpu = time.perf_counter(), time.process_time()
        model.train_epoch(number)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        epochs.append(Epoch(number, wall, cpu, judge()))
        model.save(_checkpoint(folder, number))
        _write(folder, epochs)
        _checkpoint(folder, number - 1).unlink(missing_ok=True)
        told(epochs[-1])
    return epochs


def _write(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Every line anew, by a rename, so that there is never half a line."""
    file = folder / f"{FILE}.new"
    file.write_bytes(b"".join(json.encode(each) + b"\n" for each in epochs))
    file.replace(folder / FILE)


def _checkpoint(folder: Path, number: int) -> Path:
    return folder / f"epoch-{number:03}.ckpt"


def _ndcg(epoch: Epoch) -> float:
    return epoch.judged.ndcg if epoch.judged else 0.0
