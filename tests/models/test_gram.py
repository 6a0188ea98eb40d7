"""The pair recurrence gives the normal equations that the contexts, written out, give."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matinee.models import gram
from matinee.models.gram import Sequences, normal_equations
from matinee.models.lives import places_of
from tests.models.contract import PROPERTY

K, M, N_ROWS, N_COLUMNS = 3, 2, 5, 4
SHARES = st.floats(0, 1, width=32)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, N_ROWS - 1),
        st.floats(-1, 1, width=32),
        st.integers(-1, N_COLUMNS - 1),
        st.tuples(*[SHARES] * (2 * K + M + 1)),
    ),
    max_size=40,
)


def reference(sequences: Sequences):
    """G and C with every context written out, event by event."""
    size = K * N_ROWS + M
    G, C = np.zeros((size, size)), np.zeros((N_COLUMNS, size))
    contexts = np.zeros((K, N_ROWS))
    for t, row in enumerate(sequences.rows):
        if sequences.places[t] == 0:
            contexts[:] = 0
        x = (sequences.weights[:, t, None] * contexts).ravel()
        u = np.concatenate([x, sequences.circumstances[t]])
        if sequences.wanted[t] >= 0:
            G += sequences.masses[t] * np.outer(u, u)
            C[sequences.wanted[t]] += sequences.masses[t] * u
        contexts *= sequences.steps[:, t - 1, None]
        contexts[:, row] += sequences.strengths[t]
    return G, C


def sequences(events) -> Sequences:
    events = sorted(events, key=lambda event: event[0])
    users, rows, strengths, wanted, shares = (
        (list(column) for column in zip(*events, strict=True)) if events else ([],) * 5
    )
    places = places_of(np.array(users, np.int32))
    later = places > 0
    drawn = np.array(shares, np.float32).reshape(-1, 2 * K + M + 1)
    targets = np.where(later, np.array(wanted, np.int32), np.int32(-1))
    return Sequences(
        places,
        np.array(rows, np.int32),
        np.array(strengths, np.float32),
        targets,
        drawn[:, -1] * (targets >= 0),
        np.ascontiguousarray(drawn[:, :K].T),
        np.ascontiguousarray(drawn[:, K : 2 * K].T) * later,
        drawn[:, 2 * K : -1] * later[:, None],
        N_ROWS,
        N_COLUMNS,
    )


def random_sequences(n_users: int) -> Sequences:
    rng = np.random.default_rng(0)
    return sequences(
        [
            (
                int(rng.integers(n_users)),
                int(rng.integers(N_ROWS)),
                1.0,
                int(rng.integers(-1, N_COLUMNS)),
                tuple(rng.uniform(size=2 * K + M + 1)),
            )
            for _ in range(60)
        ]
    )


@PROPERTY
@given(EVENTS)
def test_the_normal_equations_are_those_of_the_written_out_contexts(events):
    given_ = sequences(events)
    lower, wish = normal_equations(given_)
    G, C = reference(given_)
    assert np.allclose(np.tril(lower), np.tril(G), atol=1e-4)
    assert np.allclose(wish, C, atol=1e-4)


def test_so_they_are_for_one_long_life():
    given_ = random_sequences(1)._replace(steps=np.full((K, 60), 0.97, np.float32))
    lower, wish = normal_equations(given_)
    G, C = reference(given_)
    assert np.allclose(np.tril(lower), np.tril(G), rtol=1e-3)
    assert np.allclose(wish, C, rtol=1e-3, atol=1e-4)


def test_the_mirroring_works_across_blocks(monkeypatch):
    monkeypatch.setattr(gram, "_BLOCK", 3)
    given_ = random_sequences(4)
    lower, _ = normal_equations(given_)
    assert np.allclose(np.tril(lower), np.tril(reference(given_)[0]), rtol=1e-3, atol=1e-3)
