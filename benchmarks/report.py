"""The page of figures, rendered from what was measured; nothing on it is written by hand."""

from collections.abc import Sequence

from benchmarks.machine import CHECKOUT
from benchmarks.result import Measured, Result

PAGE = CHECKOUT / "docs" / "benchmarks.md"

_HEAD = """\
# Benchmarks

Every figure is measured by `make bench`, beside what one would otherwise use, on the same machine in the
same run. `make bench ARGS=--write` measures all of them again and writes this page; `ARGS="serving --write"`
only those of `benchmarks/serving.py`. Figures per second are better high, all others better low.

ml-1m is measured when it is at hand: `make bench ARGS="--data ml-1m.zip"`, or `MATINEE_ML1M`. Nothing else
should run on the machine meanwhile.
"""
_EMPTY = "\nNothing is measured yet: run `make bench ARGS=--write` on a quiet machine.\n"


def render(measured: Sequence[Measured]) -> str:
    """The whole page, in Markdown."""
    return _HEAD + ("".join(map(_section, measured)) or _EMPTY)


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
        {True: "met", False: "**missed**", None: ""}[result.met],
        result.rival,
        f"{number(rival)} {result.unit}" if isinstance(rival, int | float) else rival or "",
    )
    return "| " + " | ".join(cells) + " |"


def _bound(result: Result) -> str:
    return "≥" if result.unit.endswith("/s") else "≤"


def number(value: float) -> str:
    """A figure as it is read: whole from 100 on, three digits below.

    >>> number(123456.7), number(12.345), number(0.01234)
    ('123,457', '12.3', '0.0123')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _once(label: str, texts: Sequence[str]) -> list[str]:
    """One list item for each different text."""
    return [f"- {label}: {text}." for text in dict.fromkeys(texts) if text]
