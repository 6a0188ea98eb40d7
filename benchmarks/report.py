"""The page of figures, rendered from what was measured; nothing on it is written by hand."""

from collections.abc import Sequence

from benchmarks import grown, result
from benchmarks.cost import GB, Cost
from benchmarks.grown import Grown, Serving
from benchmarks.likes import Warm
from benchmarks.machine import CHECKOUT
from benchmarks.result import Measured, Result

PAGE = CHECKOUT / "docs" / "benchmarks.md"

_HEAD = """\
# Benchmarks

Every figure is measured by `make bench`, beside what one would otherwise use, on the same machine in the
same run. `make bench ARGS=--write` measures all of them again and writes this page; `ARGS="serving --write"`
only those of `benchmarks/serving.py`. Figures per second are better high, all others better low.

ml-1m is measured when it is at hand: `make bench ARGS="--data ml-1m.zip"`, or `MATINEE_ML1M`. Nothing else
should run on the machine meanwhile. What is measured on Kafka or Spark starts its own, and needs Java 17 and
Maven.

How time and memory grow with the data is measured apart, since it takes hours:
`python -m benchmarks.growth --data ml-1m.zip`, or one size after another by `--size 1m-3k`. Synthetic data of
any size are made by `python -m benchmarks.fractal --data ml-1m.zip --out FOLDER`.
"""
_GROWTH = """
## Growth

Each size is synthetic, a fractal expansion of ml-1m (`benchmarks/fractal.py`), with as many events a user as
ml-20m has. The verbs run one after another, each in a process of its own; shown are its time, in brackets
that of the processor in all threads, and its peak of resident memory. Memory of the API is that of all its
processes, what they share counted once (PSS), the mapped model included. HR@10 is of events that training
held back; on synthetic ones it says nothing of people. Fold-in and list are those of the section "Fold-in",
in a process that answers nobody. GB are 10^9 bytes, and all figures but HR@10 better low.

"""
_EMPTY = "\nNothing is measured yet: run `make bench ARGS=--write` on a quiet machine.\n"


def publish() -> None:
    """Render the page from what is kept."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(result.read(), grown.read()), encoding="utf-8")


def render(measured: Sequence[Measured], sizes: Sequence[Grown] = ()) -> str:
    """The whole page, in Markdown."""
    return _HEAD + ("".join(map(_section, measured)) + (growth(sizes) if sizes else "") or _EMPTY)


def _section(measured: Measured) -> str:
    title = measured.name.replace("_", "-").capitalize()
    lines = [
        f"\n## {title}\n",
        f"{measured.date}, on {measured.machine}.\n",
        "| figure | Matinee | goal | | rival | rival's |",
        "|---|---|---|---|---|---|",
        *map(_row, measured.results),
        "",
        *_once("Data", [result.data for result in measured.results]),
        *_once("Command", [f"`{result.command}`" for result in measured.results]),
        *_once("Note", [result.note for result in measured.results]),
    ]
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    rival = result.rival_value
    cells = (
        result.figure,
        f"{number(result.value)} {result.unit}",
        "" if result.goal is None else f"{_bound(result)} {number(result.goal)}",
        "" if result.met is None else _met(result.met),
        result.rival,
        f"{number(rival)} {result.unit}" if isinstance(rival, int | float) else rival or "",
    )
    return "| " + " | ".join(cells) + " |"


def _met(met: bool) -> str:
    return "met" if met else "**missed**"


def _bound(result: Result) -> str:
    return "≥" if result.unit.endswith("/s") else "≤"


def number(value: float) -> str:
    """A figure as it is read: whole from 100 on, three digits below.

    >>> number(123456.7), number(12.345), number(0.01234)
    ('123,457', '12.3', '0.0123')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def growth(sizes: Sequence[Grown]) -> str:
    """The section of how time and memory grow."""
    largest = [line for each in sizes if each.name == _GOALS_OF for line in _goals(each)]
    lines = [
        *_table((*_MADE, *(f"HR@10: {name}" for name in _HIT_RATES)), [_made(each) for each in sizes]),
        "",
        *_table(_ANSWERS, [_answers(each) for each in sizes]),
        "",
        *_exponents(sizes),
        *largest,
        *_measured(sizes),
        "- Command: `python -m benchmarks.growth`, or one size after another, as `--size 20m-27k`.",
    ]
    return _GROWTH + "\n".join(lines) + "\n"


_GOALS_OF = "20m-27k"
_MADE = ("events-movies", "users", "load", "stream", "train", "all three", "model", "home")
_ANSWERS = (
    *("events-movies", "fold-in: p50", "p99", "list: p50", "p99", "ready", "memory: starting"),
    *("after questions", "first list over HTTP: p50", "p99", "computed anew: p50", "p99"),
)
_HIT_RATES = ("blend", "sequence", "popular")


def _made(each: Grown) -> list[str]:
    return [
        each.name,
        f"{each.users:,}",
        *(_cost(cost) for cost in (each.load, each.stream, each.train)),
        f"{each.seconds / 60:.1f} min, {_gb(each.memory)}",
        *(_gb(size) for size in (each.model, each.home)),
        *(f"{each.hit_rates[name]:.4f}" if name in each.hit_rates else "" for name in _HIT_RATES),
    ]


def _answers(each: Grown) -> list[str]:
    return [
        each.name,
        *(_warm(each.warm) if each.warm else [""] * 4),
        *(_served(each.serving) if each.serving else [""] * 7),
    ]


def _cost(cost: Cost) -> str:
    return f"{cost.seconds:,.0f} s ({cost.processor:,.0f} s), {_gb(cost.memory)}"


def _warm(warm: Warm) -> list[str]:
    return [f"{number(took)} µs" for each in (warm.fold_in, warm.listed) for took in (each.p50, each.p99)]


def _served(api: Serving) -> list[str]:
    return [
        f"{api.ready:.1f} s",
        *(_gb(memory) for memory in (api.starting, api.memory)),
        *(f"{number(ms)} ms" for latency in (api.first, api.anew) for ms in (latency.p50, latency.p99)),
    ]


def _measured(sizes: Sequence[Grown]) -> list[str]:
    """A line for all sizes that were measured on the same day, machine and commit."""
    alike: dict[str, list[Grown]] = {}
    for each in sizes:
        workers = f", {each.serving.workers} worker{'s' * (each.serving.workers > 1)}" if each.serving else ""
        alike.setdefault(f"{each.date}, on {each.machine.place}{workers}", []).append(each)
    names = {
        place: ", ".join(f"{each.name} (load {each.machine.load:.1f} before)" for each in some)
        for place, some in alike.items()
    }
    return [f"- Measured {place}: {names[place]}." for place in names]


def _goals(each: Grown) -> list[str]:
    """Whether the largest size stays within what it may take."""
    asked = [
        ("to load, stream and train", each.seconds / 60, 30, "min"),
        ("peak memory of that", each.memory / GB, 16, "GB"),
    ]
    if each.warm:
        asked += [
            ("fold-in of one event, p50", each.warm.fold_in.p50, 200, "µs"),
            ("scores and top ten of a warm user, p50", each.warm.listed.p50 / 1e3, 2, "ms"),
        ]
    if each.serving:
        most = max(each.serving.starting, each.serving.memory)
        asked.append(("memory of the API", most / GB, 4, "GB"))
    return [
        f"- Goal at {each.name}, {what}: {number(value)} {unit}, ≤ {goal} {_met(value <= goal)}."
        for what, value, goal, unit in asked
    ]


def _exponents(sizes: Sequence[Grown]) -> list[str]:
    """How each measure grows, where two sizes differ in one number only."""
    found = {called: grown.exponents(sizes, measure) for measure, called in grown.MEASURES.items()}
    series = next(iter(found.values()))
    if not series:
        return []
    rows = [
        [called, *(f"{each[name]:.2f}" if name in each else "" for name in series)]
        for called, each in found.items()
    ]
    return [
        "The exponents x: a measure grows like the x-th power of one number while the other is as named.",
        "",
        *_table(("measure", *series), rows),
        "",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]


def _gb(value: float) -> str:
    return f"{number(value / GB)} GB"


def _once(label: str, texts: Sequence[str]) -> list[str]:
    """One list item for each different text."""
    return [f"- {label}: {text}." for text in dict.fromkeys(texts) if text]
