"""Answers are cut out of whatever pieces the network makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import BenchmarkError
from benchmarks.http import Answer, cut, post


def written(answer):
    head = f"HTTP/1.1 {answer.status} Whatever\r\nserver: x\r\nContent-Length: {len(answer.body)}\r\n\r\n"
    return head.encode() + answer.body


@given(
    st.lists(st.builds(Answer, st.integers(200, 599), st.binary(max_size=50)), max_size=4),
    st.integers(1, 60),
)
def test_any_chunking_gives_the_same_answers(answers, size):
    sent = b"".join(map(written, answers))
    buffer, found = bytearray(), []
    for start in range(0, len(sent), size):
        buffer += sent[start : start + size]
        while answer := cut(buffer):
            found.append(answer)
    assert found == answers
    assert not buffer


def test_an_answer_of_unknown_length_is_refused():
    with pytest.raises(BenchmarkError, match="Content-Length"):
        cut(bytearray(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"))


def test_a_failed_answer_is_not_read_as_a_good_one():
    with pytest.raises(BenchmarkError, match="503"):
        Answer(503, b"{}").json()


def test_a_post_says_how_long_it_is():
    assert b"Content-Length: 3\r\n" in post("/events", b"[1]")
