"""The pair recurrence gives the normal equations that the contexts, written out, give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.models import gram
from matinee.models.gram import Decays, Sequences, normal_equations, positions
from tests.models.contract import PROPERTY

DECAYS = Decays((0.3, 0.8, 0.97, 1.0), (False, False, False, True))
N_ROWS = 5
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, N_ROWS - 1), st.floats(-1, 1, width=32), st.booleans()),
    max_size=40,
)


def reference(sequences: Sequences, decays: Decays):
    """G and C with every context written out, event by event."""
    K, n = len(decays.factors), sequences.n_rows
    G, C = np.zeros((K * n, K * n)), np.zeros((n, K * n))
    contexts = np.zeros((K, n))
    for t, row in enumerate(sequences.rows):
        place = sequences.positions[t]
        if place == 0:
            contexts[:] = 0
        rooted = np.where(decays.rooted, 1 / np.sqrt(max(place, 1)), 1.0)
        x = (rooted[:, None] * contexts).ravel()
        if sequences.targets[t]:
            G += np.outer(x, x)
            C[row] += x
        contexts *= np.array(decays.factors)[:, None]
        contexts[:, row] += sequences.strengths[t]
    return G, C


def sequences(events) -> Sequences:
    events = sorted(events, key=lambda event: event[0])
    users, rows, strengths, targets = (
        (list(column) for column in zip(*events, strict=True)) if events else ([],) * 4
    )
    places = positions(np.array(users, np.int32))
    return Sequences(
        places, np.array(rows, np.int32), np.array(strengths, np.float32), np.array(targets, bool), N_ROWS
    )


@PROPERTY
@given(EVENTS)
def test_the_normal_equations_are_those_of_the_written_out_contexts(events):
    given_ = sequences(events)
    lower, wish = normal_equations(given_, DECAYS)
    G, C = reference(given_, DECAYS)
    assert np.allclose(np.tril(lower), np.tril(G), atol=1e-4)
    assert np.allclose(wish, C, atol=1e-5)


@pytest.mark.parametrize("pairs", [1, 50])
def test_however_the_lags_are_grouped(pairs, monkeypatch):
    rng = np.random.default_rng(0)
    given_ = sequences([(0, int(rng.integers(N_ROWS)), 1.0, True) for _ in range(60)])
    monkeypatch.setattr(gram, "_PAIRS", pairs)
    lower, wish = normal_equations(given_, DECAYS)
    G, C = reference(given_, DECAYS)
    assert np.allclose(np.tril(lower), np.tril(G), rtol=1e-4)
    assert np.allclose(wish, C, rtol=1e-4, atol=1e-4)


def test_the_mirroring_works_across_blocks(monkeypatch):
    monkeypatch.setattr(gram, "_BLOCK", 3)
    rng = np.random.default_rng(0)
    given_ = sequences([(int(rng.integers(4)), int(rng.integers(N_ROWS)), 1.0, True) for _ in range(60)])
    lower, _ = normal_equations(given_, DECAYS)
    assert np.allclose(np.tril(lower), np.tril(reference(given_, DECAYS)[0]), rtol=1e-4)
