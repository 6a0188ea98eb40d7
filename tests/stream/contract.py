"""What every engine of the stream must do: the same lake from the same entries, whatever comes when."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from matinee.errors import MatineeError
from matinee.lake.delta import Lake
from matinee.log.base import Entry, Position
from matinee.stream.commit import Drained
from matinee.stream.local import LocalStream
from tests.stream import given as draw
from tests.stream.lakes import CutError, content, cut_at
from tests.stream.story import Source, erase, like, movie, rating, retract, stages, story


class StreamContract:
    """Subclasses feed what they read, and say how they drain it."""

    def feed(self, entries: Sequence[Entry]) -> None:
        """Let the log of this test have these, besides what it has."""
        raise NotImplementedError

    def drain(self, lake: Lake, micro_batch: int = 50_000, **told: Any) -> Drained:
        """Bring all that was fed into the lake."""
        raise NotImplementedError

    def whole(self, folder: Path, source: Source) -> Lake:
        """What the local runner makes of everything at once."""
        lake = Lake(f"file://{folder}/whole")
        LocalStream(source.memory, lake).drain()
        return lake

    @pytest.fixture
    def lake(self, tmp_path: Path) -> Lake:
        return Lake(f"file://{tmp_path}/lake")

    @pytest.mark.parametrize("seed", [1, 2])
    def test_any_order_and_chunking_gives_the_same_tables(self, tmp_path: Path, lake: Lake, seed: int):
        source = Source()
        for stage, size in zip(stages(story(source, seed), seed, 3), (7, 50_000, 3), strict=True):
            self.feed(stage)
            self.drain(lake, size)
        assert content(lake) == content(self.whole(tmp_path, source))
        assert lake.read("events").height > 5
        assert lake.committed("events").reaches(source.memory.end())

    def test_it_counts_what_it_adds_and_adds_it_once(self, lake: Lake):
        source = Source()
        self.feed(
            [
                source.entry("movie-likes", like("ann"), second=1),
                source.entry("movie-likes", b"broken", second=2),
                source.entry("movies", movie("1", title="Heat"), second=3),
                source.entry("movielens_ratings", rating("bob"), second=4),
            ]
        )
        assert self.drain(lake) == (2, 1, 1, 0)
        assert self.drain(lake) == (0, 0, 0, 0)
        assert sorted(lake.read("events")["user"]) == ["ann", "bob"]

    def test_an_id_counts_once_in_any_partition_and_however_late(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", like("ann"), "same", second=1)])
        self.feed([source.entry("movielens_ratings", rating("ann"), "same", second=2)])
        self.drain(lake)
        self.feed([source.entry("movie-likes", like("ann"), "same", second=3)])
        self.feed([source.entry("movie-likes", like("bob"), "other", second=4)])
        self.drain(lake)
        assert lake.read("events").sort("user")["id"].to_list() == ["same", "other"]
        assert lake.read("interactions").sort("user")["type"].to_list() == ["like", "like"]

    def test_an_erasure_reaches_what_other_partitions_give_later(self, lake: Lake):
        source = Source()
        before = source.entry("movielens_ratings", rating("ann", "1"), second=1)
        broken = source.entry("movielens_ratings", b"of ann", second=2)
        self.feed([source.entry("movie-stream", erase("ann"), second=3)])
        self.drain(lake)
        self.feed([before, broken, source.entry("movielens_ratings", rating("ann", "2"), second=4)])
        self.drain(lake)
        assert lake.read("events")["movie"].to_list() == ["2"]
        assert lake.read("interactions")["movie"].to_list() == ["2"]
        assert lake.read("rejects").is_empty()

    def test_an_erasure_read_late_leaves_what_came_after_it(self, lake: Lake):
        source = Source()
        first = source.entry("movie-likes", like("ann", "1"), second=1)
        self.feed([first, source.entry("movie-likes", like("ann", "2"), second=3)])
        self.drain(lake)
        self.feed([source.entry("movie-stream", erase("ann"), second=2)])
        assert self.drain(lake).erased == 2  # of events and interactions
        assert lake.read("events")["movie"].to_list() == ["2"]
        assert lake.read("interactions")["movie"].to_list() == ["2"]

    def test_what_is_taken_back_is_in_no_interaction_whichever_comes_first(self, lake: Lake):
        source = Source()
        other = draw.NOON + timedelta(microseconds=1)
        self.feed([source.entry("movie-likes", like("ann", "early"), second=1)])
        self.feed([source.entry("movielens_ratings", rating("ann", "stays"), second=2)])
        self.feed([source.entry("movielens_ratings", rating("ann", "both"), second=2)])
        self.drain(lake)
        self.feed([source.entry("movie-likes", retract("ann", "never"), second=3)])
        self.feed([source.entry("movie-likes", retract("bob", "stays"), second=3)])
        self.feed([source.entry("movie-likes", retract("ann", "stays", other), second=3)])
        self.drain(lake)
        assert lake.read("interactions").height == 3
        for film in ("early", "late", "both"):
            self.feed([source.entry("movie-likes", retract("ann", film), second=4)])
        assert self.drain(lake).erased == 0
        self.feed([source.entry("movielens_ratings", rating("ann", "late"), second=5)])
        self.feed([source.entry("movie-likes", like("ann", "both"), second=6)])
        self.drain(lake)
        assert lake.read("interactions")["movie"].to_list() == ["stays"]
        assert lake.read("events").height == 11

    def test_a_lake_in_which_all_is_taken_back_goes_on(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", retract("ann"), second=1)])
        self.feed([source.entry("movielens_ratings", rating("ann"), second=2)])
        self.drain(lake)
        self.feed([source.entry("movie-likes", like("ann"), second=3)])
        self.drain(lake)
        assert lake.read("interactions").is_empty()
        assert lake.read("events").height == 3

    def test_a_repeated_id_takes_nothing_back(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", like("ann"), "same", second=1)])
        self.feed([source.entry("movielens_ratings", rating("bob"), second=1)])
        self.feed([source.entry("movie-likes", retract("bob"), "same", second=2)])
        self.drain(lake)
        assert sorted(lake.read("interactions")["user"]) == ["ann", "bob"]

    def test_an_erasure_gives_back_what_was_said_after_it_wherever_it_is_read(self, lake: Lake):
        source = Source()
        taken_back = source.entry("movie-likes", retract("ann"), second=1)
        erased = source.entry("movie-stream", erase("ann"), second=2)
        later = source.entry("movielens_ratings", rating("ann"), second=3)
        for entry in (later, taken_back, erased):
            self.feed([entry])
            self.drain(lake)
        assert lake.read("events")["type"].to_list() == ["rating"]
        assert lake.read("interactions")["type"].to_list() == ["rating"]

    def test_an_erasure_ends_what_was_taken_back_before_it_in_its_batch_too(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movie-likes", retract("ann"), second=1)])
        self.drain(lake)
        self.feed([source.entry("movie-stream", erase("ann"), second=2)])
        self.feed([source.entry("movielens_ratings", rating("ann"), second=3)])
        self.feed([source.entry("movie-likes", like("ann", "2"), second=3)])
        self.feed([source.entry("movie-likes", retract("ann", "2"), second=4)])
        self.drain(lake)
        assert lake.read("interactions")["type"].to_list() == ["rating"]

    @pytest.mark.parametrize("table", ["rejects", "movies", "interactions", "erasures", "events"])
    def test_a_batch_cut_off_is_mended_by_the_other_engine(self, tmp_path: Path, lake: Lake, table: str):
        source = Source()
        entries = story(source, 3)
        self.feed(entries)
        with cut_at(table), pytest.raises((CutError, MatineeError)):
            self.drain(lake, 40)
        LocalStream(source.memory, lake, micro_batch=10).drain()
        assert content(lake) == content(self.whole(tmp_path, source))
        self.feed([source.entry("movie-likes", like("zoe"), second=99)])
        self.drain(lake)
        assert "zoe" in lake.read("events")["user"]

    def test_it_mends_what_the_other_engine_left(self, tmp_path: Path, lake: Lake):
        source = Source()
        self.feed(story(source, 4))
        with cut_at("interactions"), pytest.raises(CutError):
            LocalStream(source.memory, lake, micro_batch=40).drain()
        self.drain(lake, 9)
        assert content(lake) == content(self.whole(tmp_path, source))

    def test_who_is_told_is_told_of_every_batch(self, lake: Lake):
        source = Source()
        self.feed([source.entry("movies", movie("1", title="Heat"), second=1)])
        self.feed([source.entry("movie-stream", erase("ann"), second=2)])
        movies: list[Any] = []
        users: list[str] = []
        batches: list[Any] = []
        self.drain(lake, on_movies=movies.extend, on_erased=users.append, on_batch=batches.append)
        assert ([each.movie for each in movies], users) == (["1"], ["ann"])
        assert sum(each.added.movies for each in batches) == 1
        assert all(each.seconds > 0 and each.lag > 0 for each in batches)
        assert batches[-1].position.reaches(Position([1, 0, 0, 0, 1]))
