"""The window of ids: which entry is the first of its id follows from the log alone."""

from hypothesis import given
from hypothesis import strategies as st

from matinee.log.window import Window

SIZE = 4
histories = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f"]), max_size=60)


def firsts(ids: list[bytes], begin: int) -> list[int]:
    """The offsets behind `begin` of what is the first of its id, read from where a window begins."""
    window = Window(SIZE)
    start = window.start(begin)
    told = [(offset, window.is_first(0, offset, id_)) for offset, id_ in enumerate(ids, 1) if offset > start]
    return [offset for offset, is_first in told if is_first and offset > begin]


@given(histories, st.integers(0, 60))
def test_where_reading_begins_changes_nothing(ids, begin):
    assert firsts(ids, begin) == [offset for offset in firsts(ids, 0) if offset > begin]


@given(histories)
def test_a_repeat_within_the_size_is_always_found_and_a_first_is_never_lost(ids):
    found = firsts(ids, 0)
    for offset, id_ in enumerate(ids, 1):
        before = [other for other, each in enumerate(ids[: offset - 1], 1) if each == id_]
        if offset in found:
            assert not before or offset - before[-1] > SIZE
        else:
            assert before
            assert offset - before[-1] < 2 * SIZE


def test_partitions_do_not_know_of_each_other():
    window = Window(SIZE)
    assert window.is_first(0, 1, b"a")
    assert window.is_first(1, 1, b"a")
    assert window.known([b"a", b"b"]) == {b"a"}


def test_who_begins_at_the_end_of_a_span_knows_all_of_the_span_before():
    whole, begun = Window(SIZE), Window(SIZE)
    offsets = range(1, 4 * SIZE + 2)
    ids = {offset: b"again" if offset in (3 * SIZE, 4 * SIZE + 1) else b"%d" % offset for offset in offsets}
    first = {offset: whole.is_first(0, offset, ids[offset]) for offset in offsets}
    told = {
        offset: begun.is_first(0, offset, ids[offset]) for offset in offsets if offset > begun.start(4 * SIZE)
    }
    assert first[4 * SIZE + 1] is told[4 * SIZE + 1] is False


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([b"a", b"b", b"c"]), st.integers(1, 9)), max_size=60
    )
)
def test_known_is_what_stands_in_the_last_two_spans_of_some_partition(told):
    window = Window(SIZE)
    offsets, ids = dict.fromkeys(range(3), 0), dict[tuple[int, int], bytes]()
    for partition, id_, step in told:
        offsets[partition] += step
        ids[partition, offsets[partition]] = id_
        window.is_first(partition, offsets[partition], id_)
    lately = {
        id_ for (partition, offset), id_ in ids.items() if offsets[partition] // SIZE - offset // SIZE <= 1
    }
    assert window.known([b"a", b"b", b"c"]) == lately
