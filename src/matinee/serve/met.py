"""Who met which movie, out of a snapshot."""

from array import array
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.serve.history import COLUMN, ORDINAL


class Met(NamedTuple):
    """Who met which movie, and when in the log: parallel arrays."""

    columns: npt.NDArray[np.int32]
    ordinals: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, matrix: npt.NDArray[np.float64], numbers: npt.NDArray[np.uint32]) -> "Met":
        """Of rows as histories have them, and the number of each one's user."""
        return cls(matrix[:, COLUMN].astype(np.int32), matrix[:, ORDINAL].astype(np.int64), numbers)

    def audience(self, movies: int) -> list["array[int]"]:
        """For each of so many movies the numbers of its users, in the order of the log."""
        order = np.lexsort((self.ordinals, self.columns))
        bounds = np.searchsorted(self.columns[order], np.arange(movies + 1))
        numbers = self.numbers[order]
        return [
            array("I", numbers[bounds[column] : bounds[column + 1]].tobytes()) for column in range(movies)
        ]
