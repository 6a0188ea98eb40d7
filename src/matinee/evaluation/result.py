"""The result of an evaluation: rows of figures, all that is needed to repeat them, and what they cost."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from matinee.evaluation.metrics import Figure

FiguresByName = Mapping[str, Figure | float]
"""Figures by name; those of all lists together have no error."""
_DIGITS = 6


class Row(NamedTuple):
    """A model's figures in one group of lists; the group is empty where there is only one."""

    model: str
    group: str
    counts: Mapping[str, int]
    accuracy: FiguresByName
    beyond: FiguresByName


class Evaluation(NamedTuple):
    """The rows, what they are of (`about`, fit for JSON), and what each model cost, in seconds.

    A model that could not be fitted or asked has no row, and in `failed` the reason.
    """

    about: Mapping[str, Any]
    rows: Sequence[Row]
    costs: Mapping[str, Mapping[str, float]]
    failed: Mapping[str, str]

    def result(self) -> dict[str, Any]:
        """Everything but the costs, fit for JSON: the same run gives the same."""
        failed = {"failed": self.failed} if self.failed else {}
        return {**self.about, "rows": [_plain_row(row) for row in self.rows], **failed}

    def as_bytes(self) -> bytes:
        """The result as it is kept in a file."""
        return json.dumps(self.result(), indent=1, ensure_ascii=False).encode() + b"\n"

    @property
    def name(self) -> str:
        """A name for the file: of the protocol, and a digest of everything that the figures follow from."""
        digest = blake2b(json.dumps(self.about).encode(), digest_size=6).hexdigest()
        return f"{self.about['protocol']}-{self.about['on']}-{digest}.json"

    def row(self, model: str, group: str = "") -> Row:
        """The row of this model and group."""
        return next(row for row in self.rows if (row.model, row.group) == (model, group))


def _plain_row(row: Row) -> dict[str, Any]:
    group = {"group": row.group} if row.group else {}
    figures = {**row.accuracy, **row.beyond}
    return {
        "model": row.model,
        **group,
        **row.counts,
        "figures": {name: _plain(each) for name, each in figures.items()},
    }


def _plain(each: Figure | float) -> Any:
    if isinstance(each, Figure):
        return {name: round(value, _DIGITS) for name, value in each._asdict().items()}
    return round(each, _DIGITS)
