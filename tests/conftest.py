"""What many tests share: a small home with real data and a trained model, made once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import HealthCheck, settings

from deploy.local.cache import locked
from deploy.local.servers import Running
from tests import support

pytest_plugins = ["tests.servers"]

USERS = 60
SMALL = support.ROOT / "data" / "ml-latest-small"

# How fast a machine draws examples, or runs one, is no property of the code.
settings.register_profile("matinee", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("matinee")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: many tests wait, for servers or for what they killed to end."""
    return max((os.cpu_count() or 1) * 3 // 2, 2)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first users of ml-latest-small and the movies they rated, as a MovieLens folder of their own."""
    folder = tmp_path_factory.mktemp("movielens")
    ratings = pl.read_csv(SMALL / "ratings.csv").filter(pl.col("userId") <= USERS)
    ratings.write_csv(folder / "ratings.csv")
    for name in ("movies.csv", "links.csv", "tags.csv"):
        _keep(SMALL / name, ratings["movieId"], "movieId", folder)
    return folder


@pytest.fixture(scope="session")
def trained_home(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample in the log and the lake, and a model trained on it. Copy it to change it.

    Made once for all workers. Each has a copy: nothing opens a database while another worker copies it.
    """
    made = _shared(tmp_path_factory) / "trained"
    with locked(made.with_suffix(".lock")):
        if not made.exists():
            home = made.with_suffix(".part")
            movies = pl.read_csv(sample / "movies.csv")["movieId"]
            tmdb = _keep(SMALL.parent / "tmdb.csv", movies, "movie", tmp_path_factory.mktemp("tmdb"))
            support.run(home, "data", "load", str(sample))
            support.run(home, "data", "load", str(tmdb))
            support.run(home, "stream", "--once")
            support.run(home, "train")
            home.rename(made)
    return shutil.copytree(made, tmp_path_factory.mktemp("trained") / "home")


def _keep(source: Path, movies: pl.Series, column: str, folder: Path) -> Path:
    """The rows of these movies, as they are written, in a file of the same name."""
    rows = pl.read_csv(source, infer_schema=False)
    kept = rows.filter(pl.col(column).is_in(movies.cast(pl.String).unique().to_list()))
    kept.write_csv(folder / source.name)
    return folder / source.name


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run that all workers share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture
def home(trained_home: Path, tmp_path: Path) -> Path:
    """A trained home to be changed."""
    return shutil.copytree(trained_home, tmp_path / "home")


@pytest.fixture(scope="session")
def api(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server over a trained home; several tests write to it."""
    home = shutil.copytree(trained_home, tmp_path_factory.mktemp("api") / "home")
    with support.serving(home) as url:
        yield url


@pytest.fixture
def hdfs_url(hdfs: Running) -> str:
    """An empty place on HDFS."""
    return f"{hdfs.address}/tests/{uuid4().hex}"


@pytest.fixture
def s3_url(s3: Running, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty place in a bucket, for this process and those that it starts."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://matinee/tests/{uuid4().hex}"
