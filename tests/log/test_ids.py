"""The index of ids behaves as a set of digests, whatever its size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.log import ids as module
from matinee.log.ids import Ids, Run, digests_of

# Few different halves, so that digests share one and the second has to decide.
halves = st.sampled_from([b"\0" * 8, b"\1" * 8, b"\xff" * 8])
digests = st.builds(bytes.__add__, halves, halves)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(digests, max_size=20), max_size=12), st.lists(digests, max_size=20))
def test_knows_exactly_what_was_added(added, asked):
    small, module._RECENT = module._RECENT, 4
    try:
        index = Ids()
        for group in added:
            index.add(b"".join(group))
        assert index.known(asked) == set(asked) & {d for group in added for d in group}
    finally:
        module._RECENT = small


def test_runs_grow_geometrically_and_find_everything():
    index = Ids()
    everything = digests_of(map(str, range(300_000)))
    for start in range(0, len(everything), 1000):
        index.add(b"".join(everything[start : start + 1000]))
    assert len(index) == 300_000
    assert len(index._runs) <= 3
    assert index.known(everything) == set(everything)
    assert index.known(digests_of(f"other {i}" for i in range(10_000))) == set()


def test_a_large_addition_is_a_run_at_once():
    index = Ids()
    index.add(b"".join(digests_of(map(str, range(1 << 16)))))
    assert not index._recent
    assert index.known(digests_of(["7", "x"])) == set(digests_of(["7"]))


@settings(deadline=None)
@given(st.lists(digests, min_size=1), st.lists(digests, min_size=1))
def test_a_merge_is_sorted_and_has_both(one, two):
    merged = Run.of(b"".join(one)).merged(Run.of(b"".join(two)))
    assert np.all(merged.high[:-1] <= merged.high[1:])
    pairs = np.stack([merged.high, merged.low], axis=1).tobytes()
    assert sorted(module.split(pairs)) == sorted(one + two)
