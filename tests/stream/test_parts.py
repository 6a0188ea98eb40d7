"""A batch made in parts, side by side, is the batch made whole."""

import os
import pickle
import time
from pathlib import Path

import pyarrow as pa
import pytest

from matinee.lake.delta import Lake
from matinee.log.base import ENTRIES, Entry
from matinee.stream.commit import Committing, Told
from matinee.stream.local import LocalStream
from matinee.stream.parts import BIG, Wanted, join_parts, make_part
from matinee.stream.past import Past
from tests.stream.given import columns_of
from tests.stream.lakes import content
from tests.stream.memory_log import MemoryLog
from tests.stream.story import Source, erase, like, story


def drain_in_parts(log: MemoryLog, lake: Lake, size: int, number: int) -> None:
    """Commit all of `log`, in batches of about `size` entries, each in `number` parts."""
    past = Past(lake, repeats=True)
    committing = Committing(lake, past, Told(), 0.0)
    while not (start := past.look()).reaches(log.end()):
        columns = log.read(start, size).columns
        wanted = Wanted(lake.url, {name: lake.committed(name) for name in BIG}, past.erasures)
        rows = pa.array(range(columns.num_rows), pa.int64())
        shares = [columns.take(rows[part::number]) for part in range(number)]
        parts = [pickle.loads(pickle.dumps(make_part([share], wanted))) for share in shares]
        made = join_parts(parts, start, past, lake.url)
        committing.commit(made.rows, made.position, made.digests, made.files)
    committing.refresh(hurry=True)


@pytest.mark.parametrize(("seed", "size", "number"), [(1, 100, 1), (2, 100, 3), (3, 30, 2), (4, 11, 5)])
def test_parts_together_are_the_whole(tmp_path: Path, seed: int, size: int, number: int):
    source = Source()
    story(source, seed)
    whole, parts = Lake(f"file://{tmp_path}/whole"), Lake(f"file://{tmp_path}/parts")
    LocalStream(source.memory, whole).drain()
    drain_in_parts(source.memory, parts, size, number)
    assert content(parts) == content(whole)
    assert parts.committed("events").reaches(source.memory.end())


def test_no_file_is_left_that_no_table_names(tmp_path: Path):
    source = Source()
    for seed in (5, 6):
        story(source, seed)
    lake = Lake(f"file://{tmp_path}/lake")
    drain_in_parts(source.memory, lake, 40, 3)
    for table in BIG:
        lake.wipe(table)
        kept = {Path(file) for file in lake.files(table)[1]}
        assert set((tmp_path / "lake" / table).glob("*.parquet")) == kept


def test_files_of_a_batch_that_takes_long_survive_an_erasure_in_it(tmp_path: Path):
    source = Source()
    source.entry("movie-likes", like("bob"), second=1)
    lake = Lake(f"file://{tmp_path}/lake")
    LocalStream(source.memory, lake).drain()
    source.entry("movie-likes", like("ann"), second=2)
    source.entry("movie-stream", erase("bob"), second=3)
    past = Past(lake, repeats=True)
    start = past.look()
    columns = source.memory.read(start, 9).columns
    wanted = Wanted(lake.url, {name: lake.committed(name) for name in BIG}, past.erasures)
    made = join_parts([make_part([columns], wanted)], start, past, lake.url)
    hours_ago = time.time() - 7200
    for name in BIG:
        for file in made.files[name]:
            os.utime(tmp_path / "lake" / name / file.path, (hours_ago, hours_ago))
    Committing(lake, past, Told(), 0.0).commit(made.rows, made.position, made.digests, made.files)
    assert [lake.read(name)["user"].to_list() for name in BIG] == [["ann"], ["ann"]]


def test_what_the_lake_has_is_not_written_again(tmp_path: Path):
    source = Source()
    for number in range(3):
        source.entry("movie-likes", like(f"u{number}"), second=number)
    lake = Lake(f"file://{tmp_path}/lake")
    LocalStream(source.memory, lake).drain()
    have = {name: lake.committed(name) for name in BIG}
    entries = source.memory.entries[1]
    part = make_part([columns_of(entries)], Wanted(lake.url, have, Past(lake, repeats=True).erasures))
    assert (part.files, part.position) == ({}, (0, 3))


def test_a_part_of_nothing_is_nothing(tmp_path: Path):
    lake = Lake(f"file://{tmp_path}/lake")
    past = Past(lake, repeats=True)
    part = make_part((), Wanted(lake.url, {name: lake.committed(name) for name in BIG}, past.erasures))
    made = join_parts([part], past.look(), past, lake.url)
    assert (made.position, made.last, made.digests) == ((), None, b"")


def test_what_has_no_id_is_of_another_producer(tmp_path: Path):
    """Keys and ids come as bytes, which need not be text."""
    columns = columns_of([Entry(1, 1, 10**15, "movie-likes", "", "", b'{"user_id": 7, "movie_id": 3}')])
    raw = columns.to_pydict() | {"key": [b"\xff"], "id": [b""], "topic": ["movie-likes"]}
    types = {"key": pa.binary(), "id": pa.binary()}
    arrays = [pa.array(raw[each.name], types.get(each.name, each.type)) for each in ENTRIES]
    lake = Lake(f"file://{tmp_path}/lake")
    past = Past(lake, repeats=True)
    wanted = Wanted(lake.url, {name: lake.committed(name) for name in BIG}, past.erasures)
    part = make_part([pa.record_batch(arrays, names=ENTRIES.names)], wanted)
    made = join_parts([part], past.look(), past, lake.url)
    Committing(lake, past, Told(), 0.0).commit(made.rows, made.position, made.digests, made.files)
    (row,) = lake.read("events").to_dicts()
    assert (row["id"], row["user"], row["movie"], row["source"]) == ("1-1", "7", "3", "plain")
