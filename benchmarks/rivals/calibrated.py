"""Calibrated re-ranking (Steck, RecSys 2018), greedy: what variety is compared with.

    next = argmax_{j not in S} (1 - l) r(j) - l KL(p || q(S + j)),    q = (1 - a) q + a p,  a = .01

with p the genres of what the user liked, q those of the list, r the score brought to 0..1.
"""

import numpy as np
import numpy.typing as npt

from matinee.evaluation.beyond import divergence

Reals = npt.NDArray[np.floating]


def calibrated(scores: Reals, shares: Reals, p: Reals, strength: float, wanted: int) -> npt.NDArray[np.int64]:
    """The places of the first `wanted` of the candidates, whose `scores` are in descending order.

    `shares` are their genres, each row summing to 1; `strength` is l.
    """
    spread = float(scores[0] - scores[-1]) or 1.0
    relevance = (scores - scores[-1]) / spread
    listed = np.zeros(shares.shape[1])
    order = np.empty(min(wanted, len(scores)), np.int64)
    for place in range(len(order)):
        apart = divergence(p, (listed + shares) / (place + 1))
        best = order[place] = int(np.argmax((1 - strength) * relevance - strength * apart))
        relevance[best] = -np.inf
        listed += shares[best]
    return order
