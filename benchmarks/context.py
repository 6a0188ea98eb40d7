"""What every benchmark is handed: the data, the size of the run, and services that are ready to start."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path

from benchmarks import movielens, server
from benchmarks.rivals.train import Trained, load
from benchmarks.server import Server

RIVAL = "FastAPI + pickled implicit"


class Context:
    """One run. `share` scales the numbers of requests, trials and seconds; 1 is what is published.

    `folder` is temporary. What is costly (a loaded and trained home) is made once and copied for each use,
    so that no benchmark sees another's events.
    """

    def __init__(self, folder: Path, data: Path, workers: int, share: float = 1.0) -> None:
        self.folder = folder
        self.source = data
        self.workers = workers
        self.share = share

    @property
    def data(self) -> str:
        """What is measured on, in words."""
        ratings, movies = self.movielens
        return (
            f"{self.source.stem}: {len(ratings):,} ratings, {len(self.users):,} users, {len(movies):,} movies"
        )

    @cached_property
    def movielens(self) -> movielens.MovieLens:
        """The ratings and movies."""
        return movielens.read(self.source)

    @cached_property
    def users(self) -> list[str]:
        """Every user with a rating."""
        users: list[str] = self.movielens.ratings["user"].unique().sort().to_list()
        return users

    @cached_property
    def movies(self) -> list[str]:
        """Every movie with a rating."""
        movies: list[str] = self.movielens.ratings["movie"].unique().sort().to_list()
        return movies

    def some(self, number: int) -> int:
        """`number`, scaled to the size of this run."""
        return max(int(number * self.share), 1)

    @contextmanager
    def matinee(self, **settings: object) -> Iterator[Server]:
        """A Matinee that has the data loaded and a model trained, ready; its home is its own."""
        with self.home() as home, server.matinee(home, self.workers, **settings) as running:
            yield running

    @contextmanager
    def usual(self) -> Iterator[Server]:
        """The usual service with a model of the same data, ready; its folder is its own."""
        with self._copy(self._rival) as folder, server.usual(folder, self.workers) as running:
            yield running

    def home(self) -> AbstractContextManager[Path]:
        """A fresh copy of a home with the data in the log and the lake and a model of it."""
        return self._copy(self._home)

    @contextmanager
    def _copy(self, folder: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=self.folder) as copy:
            yield shutil.copytree(folder, Path(copy), dirs_exist_ok=True)

    @cached_property
    def _home(self) -> Path:
        home = self.folder / "home"
        home.mkdir()
        for verb in (["data", "load", str(self.source)], ["stream", "--once"], ["train"]):
            server.call(["-m", "matinee", *verb], home)
        return home

    @property
    def trained(self) -> Trained:
        """The rival's model itself."""
        return load(self._rival)

    @cached_property
    def _rival(self) -> Path:
        folder = self.folder / "rival"
        folder.mkdir()
        server.call(["-m", "benchmarks.rivals.train", str(self.source), str(folder)], folder)
        return folder
