"""What every log promises. A backend subclasses `LogContract` and gives `log_url`."""

import collections
import itertools
import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinee.errors import LogError
from matinee.log import open_log
from matinee.log.base import ENTRIES, Batch, Entry, Listed, Position, Record

CRASHES = 40
ROUNDS = itertools.count()
ENV = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
"""So that a process of its own finds the same modules."""


def record(id_: str, key: str = "u", value: bytes = b"v", topic: str = "movie-likes") -> Record:
    return Record(topic, key, id_, value)


def everything(log, limit: int = 1000) -> list[Entry]:
    entries, position = [], Position()
    while (batch := log.read(position, limit)).entries:
        entries += batch.entries
        assert batch.position.reaches(position)
        position = batch.position
    return entries


def assert_nothing(batch: Batch) -> None:
    assert (len(batch), batch.entries, batch.columns.num_rows, batch.position) == (0, [], 0, Position())


def ids(log) -> list[str]:
    return [entry.id for entry in everything(log)]


def start_producer(url: str, prefix: str, group: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.log.producer", url, prefix, str(group), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)


class LogContract:
    """The suite. Each test has a log of its own."""

    in_a_row = False
    """Whether the log says that an append is at consecutive offsets."""

    @pytest.fixture
    def log_url(self, tmp_path) -> str:
        raise NotImplementedError

    @pytest.fixture
    def log(self, log_url):
        log = open_log(log_url)
        yield log
        log.close()

    def test_an_append_in_a_row_says_where_it_is(self, log):
        log.append([record("a"), record("b")])
        appended = log.append([record("c"), record("a"), record("d")])
        assert appended.duplicates == (1,)
        assert appended.in_a_row == self.in_a_row
        if self.in_a_row:
            (end,) = appended.position
            entries = log.read(Position((end - 2,)), 2).entries
            assert [(entry.offset, entry.id) for entry in entries] == [(end - 1, "c"), (end, "d")]

    def test_gives_back_what_was_appended(self, log):
        records = [
            Record("movies", "m1", "a", b"\x00\xff{}"),
            Record("movie-likes", "Zoë", "ид", b""),
            Record("movie-reviews", "u" * 128, "c", b"x" * 100_000),
        ]
        log.append(records)
        entries = everything(log)
        assert sorted(entry[3:] for entry in entries) == sorted(records)
        assert len({entry[:2] for entry in entries}) == 3
        columns = log.read(Position(), 1000).columns
        assert columns.schema == ENTRIES
        columns.validate(full=True)
        assert sorted(zip(*columns.select(Record._fields).to_pydict().values(), strict=True)) == sorted(
            records
        )

    def test_keeps_order_and_counts_up(self, log):
        for start in range(0, 50, 10):
            log.append([record(str(i)) for i in range(start, start + 10)])
        entries = everything(log)
        assert [entry.id for entry in entries] == [str(i) for i in range(50)]
        offsets = [entry.offset for entry in entries]
        assert offsets == sorted(set(offsets))

    def test_an_empty_log_has_nothing(self, log):
        assert log.end() == Position()
        assert_nothing(log.read(Position(), 10))
        assert not log.wait(Position(), 0.01)

    def test_an_empty_append_is_nothing(self, log):
        assert log.append([])[:2] == (Position(), ())
        assert log.end() == Position()

    def test_says_when_it_was_appended(self, log, monkeypatch):
        monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_123_456_789)
        log.append([record("a")])
        assert everything(log)[0].appended == 1_700_000_000_123_456

    def test_the_same_id_twice_is_one(self, log):
        first = log.append([record("a"), record("b")])
        again = log.append([record("b", value=b"other"), record("c"), record("a"), record("c")])
        assert first.duplicates == ()
        assert again.duplicates == (0, 2, 3)
        assert [(entry.id, entry.value) for entry in everything(log)] == [
            ("a", b"v"),
            ("b", b"v"),
            ("c", b"v"),
        ]

    def test_a_position_covers_duplicates_too(self, log):
        log.append([record("a")])
        appended = log.append([record("a")])
        assert appended.position.reaches(log.end())
        assert log.end().reaches(appended.position)

    def test_knows_ids_after_a_restart(self, log_url):
        log = open_log(log_url)
        log.append([record("a")])
        log.close()
        log = open_log(log_url)
        assert log.append([record("a"), record("b")]).duplicates == (0,)
        assert ids(log) == ["a", "b"]
        log.close()

    def test_two_open_logs_see_each_other(self, log, log_url):
        other = open_log(log_url)
        log.append([record("a")])
        assert other.append([record("a"), record("b")]).duplicates == (0,)
        assert log.append([record("b")]).duplicates == (0,)
        assert log.end() == other.end()
        assert ids(log) == ids(other) == ["a", "b"]
        other.close()

    def test_the_end_is_where_reading_ends(self, log):
        for i in range(3):
            position = log.append([record(str(i))]).position
            assert log.end() == position == log.read(Position(), 100).position
        assert log.read(log.end(), 100).entries == []

    def test_text_that_is_none_is_refused_and_nothing_kept(self, log):
        for bad in (record("\ud800"), record("b", key="\udfff"), record("c", topic="\ud800")):
            with pytest.raises(LogError, match="not text"):
                log.append([record("a"), bad])
        assert ids(log) == []

    def test_waits_until_something_comes(self, log):
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(log.wait, log.end(), 30)
            log.append([record("a")])
            assert waiting.result(30)
        assert log.wait(Position(), 0)
        assert not log.wait(log.end(), 0.01)

    def test_waits_for_another_process(self, log, log_url):
        with start_producer(log_url, "p", 1, 1) as producer:
            assert log.wait(Position(), 30)
            assert producer.wait(30) == 0
        assert ids(log) == ["p-0"]

    def test_threads_get_their_own_duplicates(self, log):
        log.append([record("old")])
        barrier = threading.Barrier(8)

        def append(n: int):
            barrier.wait()
            return [log.append([record(f"{n}-{i}"), record("old"), record("shared")]) for i in range(20)]

        with ThreadPoolExecutor(8) as pool:
            results = [result for thread in pool.map(append, range(8)) for result in thread]
        assert sum(2 not in result.duplicates for result in results) == 1
        assert all(result.duplicates[0] == 1 for result in results)
        assert len(ids(log)) == len(set(ids(log))) == 1 + 8 * 20 + 1

    def test_processes_appending_the_same_at_once_keep_each_once(self, log, log_url):
        producers = [start_producer(log_url, f"p{n % 2}", 7, 40) for n in range(4)]
        for producer in producers:
            out, err = producer.communicate(timeout=60)
            assert producer.returncode == 0, err
            assert len(out.split()) == 280
        assert collections.Counter(ids(log)) == {f"p{n}-{i}": 1 for n in range(2) for i in range(280)}

    @pytest.mark.crash
    def test_nothing_acknowledged_is_lost_or_doubled_when_killed(self, log, log_url):
        dice, acknowledged = random.Random(7), set()
        for round_ in range(CRASHES):
            with start_producer(log_url, f"r{round_ // 2}", dice.choice((1, 3, 50)), 10_000) as producer:
                assert producer.stdout
                lines = dice.randrange(1, 120)
                for _ in range(lines):
                    acknowledged.add(producer.stdout.readline().strip())
                producer.kill()
                acknowledged.update(producer.stdout.read().split("\n")[:-1])
        kept = collections.Counter(ids(log))
        assert acknowledged <= set(kept)
        assert set(kept.values()) == {1}
        assert log.append([record(id_) for id_ in kept]).duplicates == tuple(range(len(kept)))

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        appends=st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=8),
        limits=st.lists(st.integers(1, 9), min_size=1),
    )
    def test_any_appends_give_each_id_once_in_order_however_read(self, log, appends, limits):
        start, round_ = log.end(), next(ROUNDS)
        for numbers in appends:
            log.append([record(f"{round_}-{n}") for n in numbers])
        expected = list(dict.fromkeys(f"{round_}-{n}" for numbers in appends for n in numbers))
        whole = log.read(start, 1_000_000)
        assert [entry.id for entry in whole.entries] == expected
        assert len(whole) == len(expected)
        listed = Listed(whole.entries, whole.position)
        assert (whole.columns, whole.contents) == (listed.columns, listed.contents)
        pieces, position = [], start
        for i in range(len(expected)):
            batch = log.read(position, limits[i % len(limits)])
            pieces += batch.entries
            listed = Listed(batch.entries, batch.position)
            assert (batch.columns, batch.contents) == (listed.columns, listed.contents)
            position = batch.position
        assert (pieces, position) == (whole.entries, whole.position)

    def test_erases_what_a_user_did_and_keeps_the_rest_in_place(self, log):
        log.append(
            [record("a", "u1"), record("b", "u2"), record("c", "u1"), record("m", "u1", topic="movies")]
        )
        log.append([record("d", "u1")])
        until = log.append([record("e", "u3")]).position
        log.append([record("f", "u1")])
        before = {entry.id: entry for entry in everything(log)}
        assert log.erase(["u1", "u3", "nobody"], until) == 4
        left = sorted(before[id_] for id_ in ("b", "m", "f"))
        assert sorted(everything(log)) == left
        offsets = log.read(Position(), 1000).columns["offset"].to_pylist()
        assert sorted(offsets) == sorted(entry.offset for entry in left)
        assert log.erase(["u1", "u3"], until) == 0
        with pytest.raises(LogError, match="not text"):
            log.erase(["\ud800"], until)

    def test_what_another_process_erases_is_not_read_again_either(self, log, log_url):
        end = log.append([record("a", "u"), record("b", "v")]).position
        other = open_log(log_url)
        assert sorted(ids(other)) == ["a", "b"]
        assert log.erase(["u"], end) == 1
        assert ids(other) == ["b"]
        other.close()

    def test_that_a_user_was_erased_stays(self, log):
        erasure = record("e", "u1", b'{"id":"e","type":"erase","user":"u1"}', "movie-stream")
        until = log.append([record("a", "u1"), erasure]).position
        assert log.erase(["u1"], until) == 1
        assert ids(log) == ["e"]

    def test_what_is_erased_does_not_return_and_new_offsets_go_on(self, log):
        until = log.append([record("a", "u1"), record("b", "u1")]).position
        log.erase(["u1"], until)
        assert log.append([record("a", "u1"), record("b", "u1")]).duplicates == (0, 1)
        assert everything(log) == []
        position = log.append([record("c", "u2")]).position
        assert position.reaches(until)
        assert position != until
        assert ids(log) == ["c"]

    def test_reading_on_over_what_was_erased(self, log):
        for i in range(6):
            until = log.append([record(str(i), "gone" if 0 < i < 5 else "stays")]).position
        log.erase(["gone"], until)
        assert [entry.id for entry in everything(log, limit=1)] == ["0", "5"]

    def test_a_closed_log_says_so_and_opens_again(self, log_url):
        log = open_log(log_url)
        log.append([record("a")])
        log.close()
        for use in (log.end, lambda: log.read(Position(), 1), lambda: log.append([record("b")])):
            with pytest.raises(LogError, match="closed"):
                use()
        log = open_log(log_url)
        assert ids(log) == ["a"]
        log.close()
