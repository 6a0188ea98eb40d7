"""Work beside the API: verbs that run as processes of their own, one of each name at a time in a home.

What is known of a job lies in the folder `jobs` of the home, for all processes:

    jobs/train.json    what it does, or how it ended; replaced as a whole
    jobs/train.lock    locked by the job's process, and by who started it until its end is written down
    jobs/train.out     what its verb printed
    jobs/train.stop    there once somebody wants it to end

The system lets go of a lock when the last process that holds it is gone, however it went: so it is the lock
that says whether a job runs, and never the number of a process, which another one may have by now. For the
same reason only who started a job sends it signals. A job that nobody holds and that has no end was killed.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec.structs import replace

from matinee import replacing
from matinee.errors import JobError, StoreError
from matinee.parent import as_parent
from matinee.settings import Settings
from matinee.telemetry import get_logger

try:
    import fcntl
except ImportError:  # Windows: no lock there is handed on to another process
    fcntl = None  # type: ignore[assignment]

JobName = Literal["train", "simulate"]
NAMES: tuple[JobName, ...] = get_args(JobName)
State = Literal["never", "running", "done", "failed", "stopped"]
GRACE = 3.0
"""Seconds that a job has to end by itself before it is killed."""
_LOOK_SECONDS = 0.5
"""How often who started a job looks after it, and at most writes down how far it is."""
_PATIENCE = 10.0
"""Seconds after which who stops a job no longer waits for its end to be written down."""
_GONE = "its process is gone without a word: it was killed, or this machine or the API went down"
_log = get_logger("jobs")


class Job(msgspec.Struct, frozen=True):
    """What is known of a job: since when, what it is doing, the share that is done, and what it said at last.

    `share` is from 0 to 1, None where it cannot be told; `says` is its result, or in plain words its error.
    """

    name: JobName
    state: State = "never"
    started: datetime | None = None
    ended: datetime | None = None
    what: str | None = None
    share: float | None = None
    says: str | None = None


class Work(NamedTuple):
    """What a job does: the arguments of a verb that prints JSON, and what its result is in plain words."""

    name: JobName
    arguments: Sequence[str]
    result: Callable[[Mapping[str, Any]], str]


class Jobs:
    """The jobs of a home, whichever process asks. Safe for threads.

    Every method raises StoreError when the folder cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.home / "jobs"
        self._mine: list[tuple[JobName, threading.Thread]] = []

    def train(self) -> Job:
        """Start to train, or raise JobError where a job trains already."""
        return self._start(Work("train", ["train"], lambda told: f"{told['version']} published"))

    def simulate(self, rate: float, minutes: float) -> Job:
        """Start to post simulated events to this API, `rate` a second for so many minutes.

        Their people differ from run to run. Raises JobError where a job simulates already.
        """
        events, seed = max(round(60 * rate * minutes), 1), secrets.randbelow(2**31)
        arguments = ["simulate", "--rate", str(rate), "--events", str(events), "--seed", str(seed)]
        arguments += ["--to", self._settings.own_url]
        return self._start(Work("simulate", arguments, lambda told: f"{told['events']} events sent"))

    def all(self) -> list[Job]:
        """What is known of each, in the order of `NAMES`."""
        if not self._folder.is_dir():
            return [Job(name) for name in NAMES]
        with self._turn():
            return [self._known(name) for name in NAMES]

    def stop(self, name: JobName) -> Job:
        """End a job, which has `GRACE` seconds to do so by itself; return how it ended.

        Raises JobError when it does not run.
        """
        running = next(job for job in self.all() if job.name == name)
        if running.state != "running":
            raise JobError(f"{name} is not running: there is nothing to stop")
        with _told(self._folder):
            self._file(name, "stop").touch()
        deadline = time.monotonic() + _PATIENCE
        while True:
            job = next(job for job in self.all() if job.name == name)
            if job.state != "running" or job.started != running.started or time.monotonic() > deadline:
                return job
            time.sleep(0.05)

    def close(self) -> None:
        """End what was started here."""
        for name, thread in self._mine:
            if thread.is_alive():
                with suppress(OSError):
                    self._file(name, "stop").touch()
            thread.join(_PATIENCE)

    def _start(self, work: Work) -> Job:
        """1. Lock it, or refuse. 2. Start its process, which holds the lock too. 3. Write it down."""
        with _told(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        with self._turn():
            lock = self._locked(work.name)
            if lock is None:
                raise JobError(f"{work.name} is running already; wait until it has ended, or stop it")
            try:
                self._file(work.name, "stop").unlink(missing_ok=True)
                run = _Run(work, self._settings, self._folder, lock)
            except BaseException:
                os.close(lock)
                raise
            thread = threading.Thread(target=run.attend, name=f"job-{work.name}", daemon=True)
            thread.start()
            self._mine = [each for each in self._mine if each[1].is_alive()] + [(work.name, thread)]
        _log.info("job started", job=work.name, pid=run.process.pid)
        return run.job

    def _known(self, name: JobName) -> Job:
        lock = self._locked(name)  # before its file is read: while it is held the end may be written
        job = _read(self._file(name, "json"), name)
        if lock is None:
            return job
        os.close(lock)
        if job.state != "running":
            return job
        return replace(job, state="stopped" if self._file(name, "stop").exists() else "failed", says=_GONE)

    def _locked(self, name: JobName) -> int | None:
        """The file that locks this job, locked; None where somebody has it."""
        lock = _opened(self._file(name, "lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One looks at locks at a time, so that nobody takes who only looks for a job that runs."""
        if fcntl is None:
            raise JobError(f"jobs cannot be run on {sys.platform}; run the verbs by hand")
        with _told(self._folder):
            turn = _opened(self._folder / "turn.lock")
            try:
                fcntl.flock(turn, fcntl.LOCK_EX)
                yield
            finally:
                os.close(turn)

    def _file(self, name: JobName, kind: str) -> Path:
        return self._folder / f"{name}.{kind}"


class _Run:
    """One run of a job, seen by who started it."""

    def __init__(self, work: Work, settings: Settings, folder: Path, lock: int) -> None:
        self._work, self._folder, self._lock = work, folder, lock
        self._printed = folder / f"{work.name}.out"
        self._error = ""
        self.job = Job(work.name, "running", started=datetime.now(UTC))
        environment = {**os.environ, **settings.environment(), **as_parent()}
        environment.pop("PROMETHEUS_MULTIPROC_DIR", None)  # what it counts is not the API's
        verb = ["--progress", "json", *work.arguments, "--json"]
        with self._printed.open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "matinee", *verb],  # -P: no code of this folder
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.PIPE,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C is for the API, which then stops it
            )
        try:
            self._write()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def attend(self) -> None:
        """Write down how far it is until it has ended, and how it did; then let go of it."""
        try:
            self._attend()
        finally:
            os.close(self._lock)

    def _attend(self) -> None:
        hearing = threading.Thread(target=self._hear, args=(self.process.stderr,), daemon=True)
        hearing.start()
        stop, written, killed_at = self._folder / f"{self._work.name}.stop", self.job, float("inf")
        while self._lives():
            if killed_at == float("inf") and stop.exists():
                killed_at = time.monotonic() + GRACE
                self.process.terminate()
            elif time.monotonic() > killed_at:
                self.process.kill()
            if self.job is not written:
                written = self.job
                self._try_to_write()
        hearing.join(_LOOK_SECONDS)
        self.job = self._ended(stopped=stop.exists())
        self._try_to_write()
        tell = _log.warning if self.job.state == "failed" else _log.info
        tell("job ended", job=self.job.name, state=self.job.state, says=self.job.says)

    def _lives(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_LOOK_SECONDS)
        return self.process.returncode is None

    def _hear(self, stderr: IO[bytes]) -> None:
        """Take the lines that tell how far it is; others go where this process's go."""
        with stderr:
            for line in stderr:
                told = _json(line)
                if told is not None and "progress" in told:
                    self.job = replace(self.job, what=told["progress"], share=told["share"])
                    continue
                text = line.decode("utf-8", "replace").rstrip()
                sys.stderr.write(f"{text}\n")
                if told is None and text:
                    self._error = text.removeprefix("Error: ")

    def _ended(self, *, stopped: bool) -> Job:
        code = self.process.returncode
        told = _json(self._printed.read_bytes()) if code == 0 else None
        state: State = "stopped" if stopped else "done" if code == 0 else "failed"
        says = self._work.result(told) if told else None
        if state == "failed":
            says = self._error or (f"killed by signal {-code}" if code < 0 else f"ended with code {code}")
        share = 1.0 if state == "done" else self.job.share
        return replace(self.job, state=state, ended=datetime.now(UTC), share=share, says=says)

    def _try_to_write(self) -> None:
        try:
            self._write()
        except OSError as error:
            _log.error("what a job does cannot be written down", job=self.job.name, error=str(error))

    def _write(self) -> None:
        replacing.replace(self._folder / f"{self.job.name}.json", msgspec.json.encode(self.job))


def _read(file: Path, name: JobName) -> Job:
    """What the file says; nothing where it is not there, or is not of a job."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Job)
    except (FileNotFoundError, msgspec.DecodeError):
        return Job(name)


def _json(text: bytes) -> dict[str, Any] | None:
    """The JSON object that this is, if it is one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"jobs cannot be kept in {folder}: {error}; make room, or mend its rights"
        ) from error
