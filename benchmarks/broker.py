"""A Kafka broker for the time of a benchmark, and a Matinee whose log is on it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import server
from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from deploy.local import servers
from deploy.local.servers import MissingToolError


class Home(NamedTuple):
    """A home and the URL of its log, whose events the lake has and a model was trained on."""

    path: Path
    log: str


@contextmanager
def kafka(context: Context) -> Iterator[str]:
    """The address of a broker on this machine's cores, new and empty, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="kafka-", dir=context.folder) as folder:
        try:
            yield servers.up("kafka", Path(folder), "free").address
        except MissingToolError as error:
            raise BenchmarkError(str(error)) from error
        finally:
            servers.clean("kafka", Path(folder))


@contextmanager
def home(context: Context, address: str) -> Iterator[Home]:
    """The home of `context` once more, with its log on the broker; the model is the same."""
    log = f"kafka://{address}/matinee"
    with context.home() as embedded, tempfile.TemporaryDirectory(prefix="home-", dir=context.folder) as path:
        shutil.move(embedded / "models", Path(path) / "models")
        for verb in (["data", "load", str(context.source)], ["stream", "--once"]):
            server.call(["-m", "matinee", *verb], Path(path), log=log)
        yield Home(Path(path), log)
