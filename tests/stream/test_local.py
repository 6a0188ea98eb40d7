"""The local runner: exactly once, in whatever pieces, beside whomever."""

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matinee.errors import LakeError, LogError
from matinee.events.types import Facts
from matinee.lake.delta import Lake
from matinee.log.base import Entry, Listed, Position, Record
from matinee.log.sqlite import SqliteLog
from matinee.stop import Stop
from matinee.stores.catalogue.base import Movie
from matinee.stream.commit import Committed
from matinee.stream.local import LocalStream
from tests.stream import given as draw
from tests.stream.lakes import CutError, content, cut_at
from tests.stream.memory_log import BEGUN, MemoryLog
from tests.stream.story import Source, story

TABLES = ("events", "rejects", "movies", "interactions")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(f"file://{tmp_path}/lake")


def log_of(*given_: dict[str, Any] | bytes, partitions: int = 1) -> MemoryLog:
    log = MemoryLog(partitions)
    log.append([draw.record_of(each, f"id-{place}") for place, each in enumerate(given_)])
    return log


def like(user: str, movie: str = "1") -> dict[str, Any]:
    return {"type": "like", "user": user, "movie": movie, "at": draw.NOON.isoformat()}


def movie(name: str, **facts: Any) -> dict[str, Any]:
    return {"type": "movie", "movie": name, "facts": facts, "at": draw.NOON.isoformat()}


def retract(user: str, movie: str = "1") -> dict[str, Any]:
    return like(user, movie) | {"type": "retract", "of": draw.NOON.isoformat()}


ERASE_ANN = {"type": "erase", "user": "ann"}


def test_draining_counts_what_it_adds_and_adds_it_once(lake: Lake):
    log = log_of(like("ann"), b"broken", movie("1", title="Heat"), like("bob"))
    assert LocalStream(log, lake).drain() == (2, 1, 1, 0)
    assert LocalStream(log, lake).drain() == (0, 0, 0, 0)
    assert lake.read("events")["user"].sort().to_list() == ["ann", "bob"]
    assert lake.committed("events") == log.end()


def test_a_lake_that_lost_a_table_is_refused(lake: Lake, tmp_path: Path):
    log = log_of(like("ann"))
    LocalStream(log, lake).drain()
    shutil.rmtree(tmp_path / "lake" / "interactions")
    log.append([draw.record_of(like("bob"), "late")])
    with pytest.raises(LakeError, match="has events and no interactions"):
        LocalStream(log, Lake(lake.url)).drain()


def test_an_empty_log_makes_no_table(lake: Lake):
    assert LocalStream(MemoryLog(), lake).drain() == (0, 0, 0, 0)
    assert lake.version("events") is None


def test_a_reject_keeps_bytes_key_topic_place_and_reason(lake: Lake):
    bad = b'\xff{"type": "rating"'
    log = log_of(like("bob"), bad)
    LocalStream(log, lake).drain()
    (row,) = lake.read("rejects").to_dicts()
    assert (row["value"], row["partition"], row["offset"]) == (bad, 0, 2)
    assert (row["topic"], row["key"], row["field"]) == ("movie-likes", "ann", "event")
    assert row["reason"].startswith("must be JSON in UTF-8")


def test_late_events_land_with_their_own_time(lake: Lake):
    late = like("ann") | {"at": "1999-01-01T00:00:00Z"}
    LocalStream(log_of(like("bob"), late, like("cy")), lake, micro_batch=1).drain()
    assert lake.read("events").sort("at", "offset")["user"].to_list() == ["ann", "bob", "cy"]


@settings(max_examples=12, deadline=None)
@given(draw.records, st.lists(st.integers(1, 9), min_size=1, max_size=4), st.sampled_from([1, 3]))
def test_any_chunking_of_the_stream_gives_the_same_lake(
    records: list[Record], sizes: list[int], partitions: int
):
    log = MemoryLog(partitions)
    log.append(records)
    with tempfile.TemporaryDirectory() as folder:
        whole, pieces = Lake(f"file://{folder}/whole"), Lake(f"file://{folder}/pieces")
        LocalStream(log, whole).drain()
        stages = MemoryLog(partitions)
        stages.entries = [[] for _ in range(partitions)]
        for place, (entries, size) in enumerate(
            (each, sizes[i % len(sizes)]) for i, each in enumerate(log.entries)
        ):
            for entry in entries:
                stages.entries[place].append(entry)
            LocalStream(stages, pieces, micro_batch=size).drain()
        assert content(pieces) == content(whole)


class Read(MemoryLog):
    """A log of which whoever reads gets up to these positions, one after the other."""

    def __init__(self, entries: list[list[Entry]], *positions: Position) -> None:
        super().__init__(len(entries))
        self.entries = entries
        self._positions = list(positions)

    def read(self, after: Position, limit: int) -> Listed:
        position = self._positions.pop(0)
        each = zip(self.entries, after or (0,) * len(self.entries), position, strict=True)
        return Listed([entry for entries, start, stop in each for entry in entries[start:stop]], position)


shares = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), min_size=5, max_size=5)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 999), st.sampled_from((*TABLES, "erasures")), st.sampled_from([10, 40]), shares)
@example(3, "erasures", 10, [[0, 1], [1, 1], [0.5, 1], [0, 1], [1, 1]])
def test_whatever_a_batch_that_was_cut_off_had_read_the_lake_is_mended(
    seed: int, table: str, micro_batch: int, shares: list[list[float]]
):
    source = Source()
    story(source, seed)
    end = source.memory.end()
    first, second = (
        Position(int(most * share) for most, share in zip(end, each, strict=True))
        for each in zip(*shares, strict=True)
    )
    with tempfile.TemporaryDirectory() as folder:
        mended, whole = Lake(f"file://{folder}/mended"), Lake(f"file://{folder}/whole")
        with cut_at(table), suppress(CutError):
            LocalStream(Read(source.memory.entries, first, second, end), mended).drain()
        LocalStream(source.memory, mended, micro_batch=micro_batch).drain()
        LocalStream(source.memory, whole).drain()
        assert content(mended) == content(whole)


def test_several_streams_at_once_double_nothing(lake: Lake):
    log = log_of(*(like(f"u{number}") for number in range(300)), b"bad", movie("1", title="Heat"))
    streams = [LocalStream(log, Lake(lake.url), micro_batch=size) for size in (20, 33, 50)]
    threads = [threading.Thread(target=stream.drain) for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for table in ("events", "interactions"):
        assert lake.read(table)["offset"].sort().to_list() == list(range(1, 301))
    assert (lake.read("rejects").height, lake.read("movies").height) == (1, 1)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_the_commit_of_any_table_is_mended(lake: Lake, table: str, after: bool):
    log = log_of(
        like("ann"), movie("1", title="Heat"), like("bob"), like("bob", "2"), ERASE_ANN, b"bad",
        movie("1", votes=3), retract("bob"), like("cy"), retract("cy"),
    )  # fmt: skip
    with cut_at(table, after=after), pytest.raises(CutError):
        LocalStream(log, lake).drain()
    LocalStream(log, lake, micro_batch=3).drain()
    whole = Lake(f"{lake.url}-whole")
    LocalStream(log, whole).drain()
    assert content(lake) == content(whole)


def test_after_an_error_the_same_stream_cuts_batches_as_the_tables_have_them(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    log = MemoryLog(2)
    begun = int(BEGUN.timestamp()) * 1_000_000
    for second, partition in ((0, 1), (1, 0)):  # a batch of two ends before the first of these in time
        said = [draw.record_of(like("ann", str(n)), f"{partition}-{n}") for n in range(2)]
        said[partition] = draw.record_of(like("ann", "twice"), "twice")
        log.entries[partition] = [
            Entry(partition, offset, begun + second, *each) for offset, each in enumerate(said, 1)
        ]
    honest = Lake.append

    def full(lake: Lake, table: Any, *given_: Any) -> int:
        if table == "events":
            raise LakeError("the disk is full")
        return honest(lake, table, *given_)

    stream = LocalStream(log, lake, micro_batch=2)
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "append", full)
        with pytest.raises(LakeError):
            stream.drain()
    monkeypatch.setattr(stream, "_limit", 50_000)  # as if much had gathered meanwhile
    stream.drain()
    assert sorted(lake.read("events")["movie"]) == ["0", "1", "twice"]
    assert sorted(lake.read("interactions")["movie"]) == ["0", "1", "twice"]


# Erasure


def test_an_erased_user_is_gone_from_every_table_and_file(lake: Lake):
    log = log_of(like("ann"), like("bob"), b"broken")  # the broken one carries ann's key
    stream = LocalStream(log, lake)
    stream.drain()
    schema = lake.read("recommendations").to_arrow().schema
    lists = [{"user": user, "rank": 1, "movie": "1"} for user in ("ann", "bob")]
    lake.append("recommendations", pa.Table.from_pylist(lists, schema=schema), None)
    log.append([draw.record_of(ERASE_ANN, "e"), draw.record_of(like("ann", "2"), "again")])
    assert stream.drain().erased == 4
    assert sorted(lake.read("events")["user"]) == ["ann", "bob"]
    assert sorted(lake.read("interactions")["movie"]) == ["1", "2"]
    assert lake.read("rejects").is_empty()
    assert lake.read("recommendations")["user"].to_list() == ["bob"]
    for table in ("events", "interactions", "recommendations"):
        folder = Path(lake.url.removeprefix("file://")) / table
        kept = {Path(file) for file in lake.files(table)[1]}
        assert set(folder.glob("*.parquet")) == kept


def test_replaying_everything_keeps_an_erased_user_erased(lake: Lake):
    log = log_of(like("ann"), like("bob"), ERASE_ANN)
    LocalStream(log, lake, micro_batch=1).drain()
    shutil.rmtree(lake.url.removeprefix("file://"))
    again = Lake(lake.url)
    LocalStream(log, again).drain()
    assert again.read("events")["user"].to_list() == ["bob"]


# What it hands on


def test_the_catalogue_is_told_merged_facts(lake: Lake):
    told: list[Movie] = []
    log = log_of(movie("1", title="Heat", genres=["Crime|Drama"]), movie("1", released="1995-12-15"))
    LocalStream(log, lake, micro_batch=1, on_movies=told.extend).drain()
    facts = Facts(title="Heat", genres=("Crime", "Drama"))
    assert told[0] == Movie("1", facts)
    assert told[-1].facts.title == "Heat"
    assert told[-1].facts.year == 1995


def test_the_catalogue_is_told_again_when_it_could_not_take_it(lake: Lake):
    def refuse(_: list[Movie]) -> None:
        raise CutError

    told: list[Movie] = []
    log = log_of(movie("1", title="Heat"))
    with pytest.raises(CutError):
        LocalStream(log, lake, on_movies=refuse).drain()
    LocalStream(log, lake, on_movies=told.extend).drain()
    assert [each.movie for each in told] == ["1"]


def test_every_commit_is_told(lake: Lake):
    told: list[Committed] = []
    log = log_of(like("ann"), b"bad", like("bob"))
    LocalStream(log, lake, micro_batch=2, on_batch=told.append).drain()
    assert [(each.added.events, each.added.rejects) for each in told] == [(1, 1), (1, 0)]
    assert told[-1].position == Position([3])
    assert all(each.seconds > 0 and each.lag > 0 for each in told)


# Following


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(f"sqlite://{tmp_path}/log.db")
    yield log
    log.close()


def append(log: SqliteLog, *numbers: int) -> None:
    log.append([draw.record_of(like("ann", str(number)), f"id-{number}") for number in numbers])


def test_following_takes_what_comes_until_told_to_stop(lake: Lake, log: SqliteLog):
    stop, seen = Stop(), threading.Semaphore(0)
    stream = LocalStream(log, lake, seconds=0.01, on_batch=lambda _: seen.release())
    thread = threading.Thread(target=stream.follow, args=(stop,))
    thread.start()
    for number in range(3):
        append(log, number)
        assert seen.acquire(timeout=30)
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert lake.read("events")["movie"].sort().to_list() == ["0", "1", "2"]


def test_following_waits_out_a_lake_that_cannot_be_written(
    lake: Lake, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
):
    stop, seen, failed = Stop(), threading.Semaphore(0), threading.Event()
    honest = Lake.append

    def full(self: Lake, *given_: Any) -> int:
        if not failed.is_set():
            failed.set()
            raise LakeError("the disk is full")
        return honest(self, *given_)

    append(log, 0)
    stream = LocalStream(log, lake, seconds=0.01, on_batch=lambda _: seen.release())
    monkeypatch.setattr("matinee.stream.local._PATIENCE", 0.01)
    thread = threading.Thread(target=stream.follow, args=(stop,))
    thread.start()
    assert seen.acquire(timeout=30)
    monkeypatch.setattr(Lake, "append", full)
    append(log, 1)
    assert seen.acquire(timeout=30)
    stop.set()
    thread.join(timeout=30)
    assert failed.is_set()
    assert lake.read("events")["movie"].sort().to_list() == ["0", "1"]


def test_following_raises_when_it_cannot_even_start(
    lake: Lake, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: Any) -> int:
        raise LakeError("damaged")

    append(log, 0)
    monkeypatch.setattr(Lake, "append", broken)
    with pytest.raises(LakeError, match="damaged"):
        LocalStream(log, lake).follow(Stop())


def test_a_lake_ahead_of_its_log_is_an_error_not_silence(lake: Lake, log: SqliteLog):
    append(log, 0)
    LocalStream(log_of(*(like("ann", json.dumps(n)) for n in range(5))), lake).drain()
    with pytest.raises(LogError, match="offset 5"):
        LocalStream(log, lake).drain()
