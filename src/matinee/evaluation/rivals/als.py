"""Implicit ALS as the `implicit` library has it: binary events, users solved anew by `recalculate_user`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from matinee.evaluation.rivals.linear import binary
from matinee.events.types import Facts
from matinee.models.base import Floats, Folded, History, Interactions
from matinee.models.ials import IalsOptions
from matinee.models.options import possible


@dataclass(frozen=True)
class AlsOptions(IalsOptions):
    """The library's own settings, by the same names as ours; all events have the confidence alpha."""

    seed: int = field(default=0, metadata=possible(0, 2**32 - 1))


class Als:
    """A fitted library model. The state is the set of columns of the positive events."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._library.num_threads = 1

    def state(self, history: History) -> set[int]:
        """The columns."""
        return set(history.columns[history.strengths > 0].tolist())

    def fold_in(self, state: set[int], event: Folded) -> set[int]:
        """One column more."""
        if event.strength > 0:
            state.add(event.column)
        return state

    def scores(self, state: set[int], at: int | None = None) -> Floats:
        """Y x, x being solved for by the library from the whole history."""
        Y = self._library.item_factors
        columns = np.array(sorted(state), np.int32)
        row = csr_matrix((np.ones(len(columns), np.float32), columns, [0, len(columns)]), (1, len(Y)))
        scores: Floats = Y @ self._library.recalculate_user(0, row)
        return scores


def als(given: Interactions, _facts: Mapping[str, Facts], options: AlsOptions) -> Als:
    """The factors of these events."""
    chosen = asdict(options)
    with threadpool_limits(1, "blas"):  # implicit has threads of its own
        library = AlternatingLeastSquares(random_state=chosen.pop("seed"), **chosen)
        library.fit(binary(given), show_progress=False)
    return Als(library)
