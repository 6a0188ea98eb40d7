"""What many tests share: a small home with real data and a trained model, made once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from deploy.local.servers import Running
from tests import support

pytest_plugins = ["tests.servers"]

USERS = 60

# How fast a machine draws examples, or runs one, is no property of the code.
settings.register_profile("matinee", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("matinee")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: many tests wait, for servers or for what they killed to end."""
    return max((os.cpu_count() or 1) * 3 // 2, 2)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first users of ml-latest-small, as a MovieLens folder of their own."""
    folder = tmp_path_factory.mktemp("movielens")
    source = support.ROOT / "data" / "ml-latest-small"
    for name in ("movies.csv", "links.csv", "tags.csv"):
        shutil.copy(source / name, folder / name)
    header, *rows = (source / "ratings.csv").read_text().splitlines()
    kept = [row for row in rows if int(row.split(",", 1)[0]) <= USERS]
    (folder / "ratings.csv").write_text("\n".join([header, *kept]) + "\n")
    return folder


@pytest.fixture(scope="session")
def trained_home(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample in the log and the lake, and a model trained on it. Copy it to change it."""
    home = tmp_path_factory.mktemp("trained")
    support.run(home, "data", "load", str(sample))
    support.run(home, "data", "load", str(support.ROOT / "data" / "tmdb.csv"))
    support.run(home, "stream", "--once")
    support.run(home, "train")
    return home


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
