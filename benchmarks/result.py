"""A measured figure beside its rival, and the JSON files that keep them with their machine."""

from pathlib import Path

from msgspec import Struct, json

from benchmarks.errors import BenchmarkError
from benchmarks.machine import Machine

FOLDER = Path(__file__).parent / "results"


class Result(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure. Units that end in `/s` are better high, all others better low.

    `rival_value` is in the same unit, or says in words what the rival did instead. `data` and `command`
    are what one needs to measure it again.
    """

    figure: str
    value: float
    unit: str
    goal: float | None = None
    rival: str
    rival_value: float | str | None
    data: str
    command: str
    note: str = ""

    def __post_init__(self) -> None:
        """Raises BenchmarkError when something is blank that one needs to judge the figure."""
        for name in ("figure", "unit", "rival", "data", "command"):
            if not getattr(self, name).strip():
                raise BenchmarkError(f"the result {self.figure!r} names no {name}")

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.unit.endswith("/s") else self.value <= self.goal


class Measured(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one module measured in one run: where, when, and the figures."""

    name: str
    machine: Machine
    date: str
    results: list[Result]


def write(measured: Measured, folder: Path = FOLDER) -> Path:
    """Keep `measured` as `<name>.json`, in place of what was measured before; return the file."""
    path = folder / f"{measured.name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.format(json.encode(measured), indent=2) + b"\n")
    return path


def read(folder: Path = FOLDER) -> list[Measured]:
    """Everything kept, in order of name."""
    return [json.decode(path.read_bytes(), type=Measured) for path in sorted(folder.glob("*.json"))]
