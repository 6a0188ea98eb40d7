"""What any lake keeps, wherever its tables lie."""

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from matinee.errors import LakeError
from matinee.files import open_files
from matinee.lake import delta, positions
from matinee.lake.delta import Lake
from matinee.lake.parquet import WrittenFile, write_file
from matinee.lake.tables import SCHEMAS, TABLE_NAMES, TableName
from matinee.log.base import Position
from tests.support import await_until


def environment() -> dict[str, str]:
    """For processes of their own: they import what the tests import, and reach what these reach."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def rows(first: int, last: int, *, partition: int = 0, user: str | None = None) -> pa.Table:
    """Interactions of the offsets from `first` to `last`, of ten users in turn or of one."""
    return pa.Table.from_pylist(
        [
            {
                "partition": partition,
                "offset": offset,
                "user": user or f"u{offset % 10}",
                "movie": f"m{offset % 7}",
                "type": "rating",
                "value": 4.0,
                "strength": 0.6,
                "at": BEGUN + timedelta(seconds=offset),
            }
            for offset in range(first, last + 1)
        ],
        schema=SCHEMAS["interactions"],
    )


def movie(name: str, offset: int, **facts: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(SCHEMAS["movies"].names)
    return nothing | {"movie": name, "partition": 0, "offset": offset, "at": BEGUN} | facts


def movies(*given: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(given), schema=SCHEMAS["movies"])


def written(lake: Lake, *batches: pa.Table) -> list[WrittenFile]:
    """Files as executors write them: what comes back has been pickled."""
    files = [write_file(lake.url, "interactions", batch) for batch in batches]
    return [pickle.loads(pickle.dumps(file)) for file in files]


def offsets(lake: Lake, **as_of: Any) -> list[int]:
    return sorted(lake.read("interactions", columns=["offset"], **as_of)["offset"].to_list())


def _holds(name: str, content: bytes, user: str) -> bool:
    if not name.endswith(".parquet"):
        return user.encode() in content
    return user in str(pq.read_table(io.BytesIO(content)).to_pydict())


def write_before_people(lake: Lake, patch: pytest.MonkeyPatch, *told: dict[str, Any]) -> None:
    """A table of movies with these, as Matinee wrote it when it knew nothing of people."""
    before = pa.schema([field for field in SCHEMAS["movies"] if field.name != "people"])
    with patch.context() as then:
        then.setitem(SCHEMAS, "movies", before)
        lake.append("movies", pa.Table.from_pylist(list(told), before), Position([told[-1]["offset"]]))
    assert "people" not in {field.name for field in DeltaTable(f"{lake.url}/movies").schema().fields}


def people(lake: Lake, version: int | None = None) -> dict[str, list[str] | None]:
    return dict(lake.read("movies", columns=["movie", "people"], version=version).iter_rows())


class LakeContract:
    """Subclass with a fixture `url` that names an empty place."""

    TICK = timedelta(0)
    """How finely the place tells when a file was written, by which a version is found by its time."""
    QUICK = True
    """Whether a deletion gets its turn within a minute beside a writer that never pauses."""
    MANY = 120
    """So many commits of one writer, while others write: fewer where each takes long."""

    @pytest.fixture
    def lake(self, url: str) -> Lake:
        return Lake(url)

    # Reading

    @pytest.mark.parametrize("table", TABLE_NAMES)
    def test_a_table_that_is_not_there_reads_as_empty(self, lake: Lake, table: TableName):
        assert lake.version(table) is None
        assert lake.committed(table) == Position()
        assert lake.files(table) == (None, [])
        assert lake.read(table).columns == SCHEMAS[table].names
        assert lake.read(table).is_empty()

    @pytest.mark.parametrize("table", TABLE_NAMES)
    def test_what_is_written_has_the_schema_and_is_read_by_delta_itself(self, lake: Lake, table: TableName):
        lake.append(table, SCHEMAS[table].empty_table(), Position([1]))
        lake.overwrite(table, pa.Table.from_pylist([{}], schema=SCHEMAS[table]))
        plain = DeltaTable(f"{lake.url}/{table}")
        assert pa.schema(plain.to_pyarrow_dataset().schema) == SCHEMAS[table]
        assert plain.protocol().min_reader_version == 1
        assert lake.read(table).schema == pl.DataFrame(SCHEMAS[table].empty_table()).schema

    def test_columns_are_chosen(self, lake: Lake):
        lake.append("interactions", rows(1, 3), None)
        assert lake.read("interactions", columns=["user", "offset"]).columns == ["user", "offset"]

    def test_an_older_version_and_moment_can_be_read(self, lake: Lake):
        lake.append("interactions", rows(1, 3), Position([3]))
        version, moment = lake.version("interactions"), datetime.now(UTC)
        await_until(lambda: datetime.now(UTC) > moment + self.TICK, "the place tells a later time")
        lake.append("interactions", rows(4, 6), Position([6]))
        assert offsets(lake, version=version) == [1, 2, 3]
        assert offsets(lake, at=moment) == [1, 2, 3]
        assert offsets(lake, at=datetime.now(UTC)) == [1, 2, 3, 4, 5, 6]
        assert offsets(lake, at=BEGUN - timedelta(days=9999)) == []

    def test_a_version_that_is_not_there_is_named(self, lake: Lake):
        lake.append("interactions", rows(1, 3), None)
        with pytest.raises(LakeError, match=r"no version 99; its newest is 1"):
            lake.read("interactions", version=99)

    def test_a_table_from_before_a_fact_was_known_reads_it_as_null_and_gets_its_column(
        self, lake: Lake, monkeypatch: pytest.MonkeyPatch
    ):
        now = SCHEMAS["movies"]
        write_before_people(lake, monkeypatch, movie("1", 1, title="Heat"), movie("2", 2, title="Ran"))
        version, reader = lake.version("movies"), Lake(lake.url)
        assert people(reader) == {"1": None, "2": None}
        more = [movie("2", 3, people=["Akira Kurosawa"]), movie("3", 4, people=[])]
        assert lake.upsert_movies(pa.Table.from_pylist(more, now), Position([4])) == 2
        after = {"1": None, "2": ["Akira Kurosawa"], "3": []}
        assert people(lake) == people(reader) == people(Lake(lake.url)) == after
        assert people(lake, version=version) == {"1": None, "2": None}
        assert dict(lake.read("movies", columns=["movie", "title"]).iter_rows())["2"] == "Ran"
        assert lake.committed("movies") == Position([4])
        _, found = lake.dataset("movies")
        assert found is not None
        assert dict(zip(*found.to_table(["movie", "people"]).to_pydict().values(), strict=True)) == after

    def test_writers_that_give_a_table_of_before_its_column_at_once_lose_nothing(
        self, lake: Lake, monkeypatch: pytest.MonkeyPatch
    ):
        write_before_people(lake, monkeypatch, movie("0", 1, title="Heat"))
        names = ["1", "2", "3", "4"]

        def tell(name: str) -> int:
            row = movie(name, int(name), people=[name])
            return Lake(lake.url).upsert_movies(pa.Table.from_pylist([row], SCHEMAS["movies"]), None)

        with ThreadPoolExecutor(len(names)) as pool:
            assert list(pool.map(tell, names)) == [1] * len(names)
        assert people(lake) == {"0": None} | {name: [name] for name in names}

    # Appending

    def test_a_repeat_adds_nothing(self, lake: Lake):
        assert lake.append("interactions", rows(1, 5), Position([5])) == 5
        before = lake.version("interactions")
        assert lake.append("interactions", rows(1, 5), Position([5])) == 0
        assert lake.version("interactions") == before

    def test_an_overlap_adds_only_what_is_new(self, lake: Lake):
        lake.append("interactions", rows(1, 5), Position([5]))
        assert lake.append("interactions", rows(3, 8), Position([8])) == 3
        assert offsets(lake) == list(range(1, 9))
        assert lake.committed("interactions") == Position([8])

    def test_each_partition_has_its_own_place(self, lake: Lake):
        lake.append("interactions", rows(1, 5), Position([5, 0]))
        both = pa.concat_tables([rows(4, 6), rows(1, 2, partition=1)])
        assert lake.append("interactions", both, Position([6, 2])) == 3
        assert lake.committed("interactions") == Position([6, 2])

    def test_a_position_never_goes_back(self, lake: Lake):
        lake.append("interactions", rows(1, 5), Position([5, 3]))
        assert lake.append("interactions", rows(2, 2, partition=2), Position([2, 2, 2])) == 1
        assert lake.committed("interactions") == Position([5, 3, 2])

    def test_a_position_moves_without_rows(self, lake: Lake):
        lake.append("interactions", rows(1, 0), Position([7]))
        assert Lake(lake.url).committed("interactions") == Position([7])

    def test_columns_that_do_not_fit_are_refused(self, lake: Lake):
        with pytest.raises(LakeError, match="do not fit interactions"):
            lake.append("interactions", pa.table({"user": ["u"]}), None)

    def test_two_writers_of_one_stream_double_nothing(self, lake: Lake):
        lakes = [lake, Lake(lake.url), Lake(lake.url)]
        start = threading.Barrier(len(lakes))

        def write(own: Lake, size: int) -> None:
            start.wait()
            for first in range(1, 121, size):
                own.append("interactions", rows(first, first + size - 1), Position([first + size - 1]))

        threads = [threading.Thread(target=write, args=pair) for pair in zip(lakes, (8, 10, 12), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert offsets(lake) == list(range(1, 121))

    def test_a_writer_that_looked_too_early_looks_again(self, lake: Lake, monkeypatch: pytest.MonkeyPatch):
        other = Lake(lake.url)
        raced: list[bool] = []
        honest = positions.committed

        def late(target: Any) -> Position:
            seen = honest(target)
            if not raced:
                raced.append(True)
                other.append("interactions", rows(1, 4), Position([4]))
            return seen

        lake.append("interactions", rows(1, 0), Position([0]))
        monkeypatch.setattr(delta, "committed", late)
        assert lake.append("interactions", rows(1, 6), Position([6])) == 2
        assert offsets(lake) == [1, 2, 3, 4, 5, 6]

    # Adding files that were written before

    def test_files_are_added_with_their_position_as_one(self, lake: Lake):
        lake.append("interactions", rows(1, 2), Position([2]))
        before = lake.version("interactions")
        assert before is not None
        files = written(lake, rows(3, 5), rows(6, 9), rows(1, 4, partition=1))
        assert offsets(lake) == [1, 2]
        assert lake.add("interactions", files, Position([9, 4]))
        assert lake.version("interactions") == before + 1
        assert offsets(lake) == sorted([*range(1, 10), *range(1, 5)])
        assert lake.committed("interactions") == Position([9, 4])
        assert lake.read("interactions", where=pl.col("offset") > 7)["at"].to_list() == [
            BEGUN + timedelta(seconds=offset) for offset in (8, 9)
        ]

    def test_files_added_again_add_nothing(self, lake: Lake):
        files = written(lake, rows(1, 5))
        assert lake.add("interactions", files, Position([5]))
        before = lake.version("interactions")
        assert not Lake(lake.url).add("interactions", files, Position([5]))
        assert not lake.add("interactions", written(lake, rows(1, 5)), Position([5]))
        assert lake.append("interactions", rows(1, 5), Position([5])) == 0
        assert lake.version("interactions") == before
        assert offsets(lake) == [1, 2, 3, 4, 5]

    def test_files_of_which_a_part_is_there_are_refused(self, lake: Lake):
        lake.append("interactions", rows(1, 4), Position([4]))
        with pytest.raises(LakeError, match="up to 4; make the batch anew"):
            lake.add("interactions", written(lake, rows(4, 6)), Position([6]))
        assert offsets(lake) == [1, 2, 3, 4]

    def test_a_position_moves_without_files(self, lake: Lake):
        assert lake.add("interactions", [], Position([7]))
        assert Lake(lake.url).committed("interactions") == Position([7])

    def test_columns_of_a_file_that_do_not_fit_are_refused(self, lake: Lake):
        with pytest.raises(LakeError, match="do not fit interactions"):
            write_file(lake.url, "interactions", pa.table({"user": ["u"]}))

    @pytest.mark.parametrize("table", TABLE_NAMES)
    def test_a_file_of_any_table_is_like_one_that_is_appended(self, lake: Lake, table: TableName):
        first = {"partition": 0, "offset": 1, "at": BEGUN + timedelta(microseconds=1500), "genres": ["Crime"]}
        batch = pa.Table.from_pylist([first, {}], SCHEMAS[table])
        assert lake.add(table, [write_file(lake.url, table, batch)], Position([2]))
        lake.append(table, batch, None)
        plain = DeltaTable(f"{lake.url}/{table}")
        one, other = (
            {
                name: said
                for name, said in action.items()
                if name in ("null_count", "min", "max", "num_records")
            }
            for action in pa.table(plain.get_add_actions()).to_pylist()
        )
        assert one == other
        assert plain.to_pyarrow_table().column_names == SCHEMAS[table].names
        read = lake.read(table)
        assert read[:2].equals(read[2:])

    def test_two_drivers_of_one_stream_add_a_batch_once(self, lake: Lake):
        lakes = [lake, Lake(lake.url), Lake(lake.url)]
        start = threading.Barrier(len(lakes))
        added: list[int] = []

        def drive(own: Lake) -> None:
            start.wait()
            for last in range(4, 41, 4):
                files = written(own, rows(last - 3, last))
                added.extend([last] if own.add("interactions", files, Position([last])) else [])

        threads = [threading.Thread(target=drive, args=(own,)) for own in lakes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(added) == [*range(4, 41, 4)]
        assert offsets(lake) == list(range(1, 41))

    # Movies

    def test_facts_given_replace_and_absent_ones_stay(self, lake: Lake):
        lake.upsert_movies(movies(movie("1", 1, title="Heat", votes=3, genres=["Crime"])), Position([1]))
        lake.upsert_movies(movies(movie("1", 2, overview="A thief.", votes=4)), Position([2]))
        (row,) = lake.read("movies").to_dicts()
        assert (row["title"], row["votes"], row["genres"]) == ("Heat", 4, ["Crime"])
        assert row["description"] == "Heat A thief."
        assert row["offset"] == 2

    def test_within_a_batch_the_later_offset_wins_fact_by_fact(self, lake: Lake):
        given = movies(movie("1", 9, title="Late"), movie("1", 3, title="Early", year=1995), movie("2", 4))
        assert lake.upsert_movies(given, Position([9])) == 3
        found = {row["movie"]: row for row in lake.read("movies").to_dicts()}
        assert (found["1"]["title"], found["1"]["year"]) == ("Late", 1995)
        assert found["2"]["description"] is None

    def test_a_repeated_upsert_changes_nothing(self, lake: Lake):
        lake.upsert_movies(movies(movie("1", 1, title="Old")), Position([1]))
        lake.upsert_movies(movies(movie("1", 2, title="New")), Position([2]))
        assert lake.upsert_movies(movies(movie("1", 1, title="Old")), Position([1])) == 0
        assert lake.read("movies")["title"].to_list() == ["New"]

    # Deleting

    def test_delete_takes_values_as_they_are(self, lake: Lake):
        nasty = "o'brien\" or 1=1 -- `;\\"
        lake.append("interactions", rows(1, 3, user=nasty), None)
        lake.append("interactions", rows(4, 6, user="other"), None)
        assert lake.delete("interactions", {"user": "' or '1'='1"}) == 0
        assert lake.delete("interactions", {"user": nasty, "movie": "m1"}) == 1
        assert lake.delete("interactions", {"user": nasty}) == 2
        assert offsets(lake) == [4, 5, 6]

    def test_delete_needs_columns_that_are_there(self, lake: Lake):
        with pytest.raises(LakeError, match="no column who"):
            lake.delete("interactions", {"who": "x"})
        with pytest.raises(LakeError, match="name a column"):
            lake.delete("interactions", {})
        assert lake.delete("interactions", {"user": "x"}) == 0

    def test_all_that_equal_a_row_are_deleted(self, lake: Lake):
        lake.append("interactions", rows(1, 6), Position([6]))
        at = lake.read("interactions").sort("offset").to_arrow().select(["user", "movie", "at"])
        assert lake.delete_all("interactions", at.take([1, 3])) == 2
        assert lake.delete_all("interactions", at.take([1, 3])) == 0
        assert offsets(lake) == [1, 3, 5, 6]
        assert lake.committed("interactions") == Position([6])

    def test_only_what_is_missing_is_restored(self, lake: Lake):
        lake.append("interactions", rows(1, 6), Position([6]))
        whole = lake.read("interactions").sort("offset")
        lake.delete("interactions", {"movie": whole["movie"][2]})
        assert lake.restore("interactions", whole[1:4].to_arrow()) == 1
        assert lake.restore("interactions", whole[1:4].to_arrow()) == 0
        assert lake.read("interactions").sort("offset").equals(whole)

    def test_forget_stops_at_the_place_given(self, lake: Lake):
        lake.append("interactions", rows(1, 4, user="a"), Position([4]))
        lake.append("interactions", rows(1, 4, partition=1, user="a"), Position([4, 4]))
        lake.append("interactions", rows(5, 6, user="b"), Position([6, 4]))
        bounds = pa.table({"value": ["a", "a"], "partition": pa.array([0, 1], pa.int32()), "offset": [2, 9]})
        assert lake.forget("interactions", "user", bounds) == 6
        assert offsets(lake) == [3, 4, 5, 6]
        assert lake.committed("interactions") == Position([6, 4])

    def test_what_is_forgotten_and_wiped_is_nowhere_on_disk(self, lake: Lake):
        lake.append("interactions", rows(1, 9, user="erased-person"), Position([9]))
        lake.append("interactions", rows(10, 19, user="another"), Position([19]))
        bounds = pa.table({"value": ["erased-person"], "partition": pa.array([0], pa.int32()), "offset": [9]})
        lake.forget("interactions", "user", bounds)
        lake.wipe("interactions")
        assert self.places_that_hold(lake, "erased-person") == []
        assert self.places_that_hold(lake, "another") != []
        assert offsets(lake) == list(range(10, 20))

    def test_what_an_erasure_has_left_is_found_by_its_text(self, lake: Lake):
        lake.append("interactions", rows(1, 4, user="a"), Position([4]))
        lake.append("interactions", rows(5, 6, user="b"), Position([6]))
        bounds = pa.table({"value": ["a"], "partition": pa.array([0], pa.int32()), "offset": [2]})
        lake.forget("interactions", "user", bounds)
        assert lake.read("interactions", where=pl.col("user") == "a")["offset"].sort().to_list() == [3, 4]
        _, dataset = lake.dataset("interactions")
        assert dataset
        assert dataset.count_rows(filter=pc.field("user") >= "b") == 2

    def places_that_hold(self, lake: Lake, user: str) -> list[str]:
        """Every file of the lake, also those of the Delta log, that tells of `user`."""
        files = open_files(lake.url)
        return [found.path for found in files.under() if _holds(found.name, files.read(found.path), user)]

    # Upkeep

    def test_maintenance_joins_files_and_keeps_content_and_position(self, lake: Lake):
        for offset in range(1, 41):
            lake.append("interactions", rows(offset, offset), Position([offset]))
        version = lake.version("interactions")
        lake.maintain("interactions")
        assert len(lake.files("interactions")[1]) == 1
        assert offsets(lake) == list(range(1, 41))
        assert Lake(lake.url).committed("interactions") == Position([40])
        assert offsets(lake, version=version) == list(range(1, 41))

    def test_maintenance_leaves_a_tidy_table_alone(self, lake: Lake):
        lake.append("interactions", rows(1, 9), Position([9]))
        before = lake.version("interactions")
        for table in TABLE_NAMES:
            lake.maintain(table)
        assert lake.version("interactions") == before

    def test_writers_and_maintenance_at_once_lose_nothing(self, lake: Lake):
        done = threading.Event()
        failed: list[BaseException] = []

        def upkeep() -> None:
            own = Lake(lake.url)
            try:
                while not done.is_set():
                    self.keep_up(own)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=upkeep)
        thread.start()
        for offset in range(1, self.MANY + 1):
            lake.append("interactions", rows(offset, offset), Position([offset]))
        done.set()
        thread.join()
        lake.delete("interactions", {"user": "u3"})
        assert failed == [], failed
        assert offsets(lake) == [offset for offset in range(1, self.MANY + 1) if offset % 10 != 3]
        assert lake.committed("interactions") == Position([self.MANY])

    def test_processes_that_write_at_once_conflict_and_lose_nothing(self, lake: Lake):
        """Four processes, two of them for one partition of the log, while a fifth deletes: row by row."""
        lake.append("interactions", rows(1, 5, partition=9, user="gone"), None)
        racers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.lake.racer", lake.url, *map(str, (partition, 30, size))],
                stdout=subprocess.PIPE,
                env=environment(),
            )
            for partition, size in ((0, 3), (1, 5), (2, 4), (2, 4))
        ]
        assert lake.delete("interactions", {"user": "gone"}) == 5
        said = [racer.communicate()[0] for racer in racers]
        assert [racer.returncode for racer in racers] == [0] * 4
        assert sum(map(int, said)) == 90
        places = lake.read("interactions", columns=["partition", "offset"]).rows()
        assert sorted(places) == [(partition, offset) for partition in range(3) for offset in range(1, 31)]
        assert Lake(lake.url).committed("interactions") == Position([30, 30, 30])

    def keep_up(self, own: Lake) -> None:
        try:
            own.maintain("interactions")
            own.delete("interactions", {"user": "nobody"})
            own.delete("interactions", {"user": "u3"})
        except LakeError as error:
            if self.QUICK or "try again" not in str(error):
                raise

    @pytest.mark.crash
    def test_killed_in_the_middle_of_commits(self, lake: Lake):
        """Six rounds of kill -9, each going on where the table says: nothing is missing, nothing double."""
        for round_ in range(6):
            writer = subprocess.Popen(
                [sys.executable, "-m", "tests.lake.writer", lake.url],
                stdout=subprocess.PIPE,
                env=environment(),
            )
            assert writer.stdout
            with writer, writer.stdout:
                for _ in range(2 + self.MANY // 40 * round_):
                    assert writer.stdout.readline()
                writer.send_signal(signal.SIGKILL)
        (last,) = lake.committed("interactions")
        assert last >= 6
        assert offsets(lake) == list(range(1, last + 1))
