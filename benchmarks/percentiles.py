"""How long one thing takes that is done many times."""

import numpy as np
import numpy.typing as npt
from msgspec import Struct


class Percentiles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In the unit of the times that they are of."""

    p50: float
    p99: float

    @classmethod
    def of(cls, times: npt.NDArray[np.float64]) -> "Percentiles":
        """Those of these times."""
        p50, p99 = np.percentile(times, (50, 99)).tolist()
        return cls(p50=p50, p99=p99)
