"""The demo: real MovieLens through the whole of Matinee, and a like that changes a recommendation."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from matinee.app import Matinee
from matinee.errors import SettingError, SourceError
from matinee.progress import Progress
from matinee.server import check_free
from matinee.settings import Settings
from matinee.supervisor import Part, Supervisor

DATA = Path("data")
"""Where the sample is, from the folder of a checkout."""
PERSON = "414"
"""A real user of ml-latest-small, with years of ratings."""
_DONE = "demo.loaded"


class Moved(NamedTuple):
    """A list before and after a like, and the milliseconds from sending it to having the new list."""

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    liked: dict[str, Any]
    milliseconds: float


def load_sample(app: Matinee, progress: Progress) -> dict[str, Any] | None:
    """Load ml-latest-small and TMDB's facts into the log; None when an earlier run has done it."""
    done = app.settings.home / _DONE
    if done.exists():
        return None
    folder = DATA / "ml-latest-small"
    if not folder.is_dir():
        raise SourceError(f"{folder.absolute()} is not there; run the demo in a checkout of Matinee")
    counts = app.load(folder, progress)
    counts["facts of movies"] = app.load(DATA / "tmdb.csv", progress)["movies"]
    done.touch()
    return counts


@contextmanager
def running(settings: Settings) -> Iterator[tuple[str, Supervisor]]:
    """The API and the stream as processes; gives the address once it answers, and ends them after.

    The supervisor's `run` keeps them running until Ctrl-C or SIGTERM.
    """
    url = f"http://{settings.host}:{settings.port}"
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    serve, stream = Part("serve", ["serve"]), Part("stream", ["stream"])
    with Supervisor([serve, stream], settings, logs=logs) as supervisor:
        _await_ready(url, serve, supervisor, logs)
        yield url, supervisor


def show_page(settings: Settings, supervisor: Supervisor, seconds: float = 60.0) -> str | None:
    """Have the web page shown too; its address once it is there, None when it does not come."""
    supervisor.add(Part("ui", ["ui"]))
    url, deadline = f"http://{settings.host}:{settings.ui_port}", time.monotonic() + seconds
    while time.monotonic() < deadline:
        supervisor.tend()
        with suppress(httpx.TransportError):
            if _client().get(f"{url}/_stcore/health").status_code == httpx.codes.OK:
                return url
        time.sleep(0.05)
    return None


def _await_ready(url: str, serve: Part, supervisor: Supervisor, logs: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        supervisor.tend()
        server = server_at(url)
        if serve.process is not None and server == serve.process.pid:
            return
        if server is not None:
            raise SettingError(f"another Matinee has come up at {url} just now; start again for another port")
        time.sleep(0.02)
    raise SourceError(
        f"the API did not come up at {url} within {seconds:g} s; its log is {logs / 'serve.log'}"
    )


def server_at(url: str) -> int | None:
    """The number of the process that serves there; None while nobody is ready to."""
    try:
        answer = _client().get(f"{url}/health/ready")
    except httpx.TransportError:
        return None
    return int(answer.json()["server"]) if answer.status_code == 200 else None


@cache
def _client() -> httpx.Client:
    """One for all looks, each on a new connection: to make one, the machine's certificates are read."""
    return httpx.Client(timeout=2, limits=httpx.Limits(max_keepalive_connections=0))


def free_port(host: str, port: int) -> int:
    """`port` when it is free, else one that is."""
    try:
        check_free(host, port)
    except SettingError:
        with socket.create_server((host, 0)) as probe:
            chosen: int = probe.getsockname()[1]
        return chosen
    return port


class Story:
    """What the demo tells, each step through HTTP as any client would do it."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/v1", timeout=10)

    def recommendations(self, user: str, **more: Any) -> dict[str, Any]:
        """The list of `user`, explained."""
        found = self._client.get(f"/users/{user}/recommendations", params={"explain": True, **more})
        found.raise_for_status()
        answer: dict[str, Any] = found.json()
        return answer

    def like(self, user: str, movie: dict[str, Any], before: list[dict[str, Any]]) -> Moved:
        """Send a like, ask again at once, and time the two together."""
        started = time.perf_counter()
        after = self.recommendations(user, after=self.send_like(user, movie["movie"]))["recommendations"]
        return Moved(before, after, movie, (time.perf_counter() - started) * 1000)

    def send_like(self, user: str, movie: str) -> str:
        """Send a like; return the offset from which on lists have it."""
        sent = self._client.post("/events", json={"type": "like", "user": user, "movie": movie})
        sent.raise_for_status()
        offset: str = sent.json()["offset"]
        return offset

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
