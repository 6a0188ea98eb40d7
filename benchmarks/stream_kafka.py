"""From Kafka to Delta: the local runner, our job on Spark, and the Spark SQL job that is usually written.

Cold is the verb `matinee stream --once` from start to end. Warm is in a process whose session is up and that
has committed what was there: as many events again are appended, and what is timed is that they are committed.
"""

import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from benchmarks import broker, server
from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.result import Result
from benchmarks.rivals import structured
from benchmarks.stream import fill
from matinee.garbage import collect_seldom
from matinee.lake.delta import Lake
from matinee.log import open_log
from matinee.log.partitions import KafkaPlace
from matinee.settings import Settings
from matinee.stream.local import LocalStream
from matinee.stream.spark import SparkOptions, SparkStream, session
from matinee.telemetry import configure_logs

_EVENTS = 200_000
_BATCH = 50_000
_MASTER = "local[2]"
_TIMES = 5.0


class Work(NamedTuple):
    """What a process is to do: warm itself up on the log, append so many events with new ids, commit them."""

    log: str
    folder: str
    events: int
    first: int


class Measured(NamedTuple):
    """Seconds."""

    local_cold: float
    spark_cold: float
    local: float
    spark: float
    three: float
    """The rival's, into three tables."""
    one: float
    """The rival's, of events alone."""
    least: float
    """The same, without looking for ids."""


def run(context: Context) -> list[Result]:
    """All of them on one broker and one log, one after the other, each in a process of its own."""
    events = context.some(_EVENTS)
    with broker.kafka(context) as address:
        url = f"kafka://{address}/stream"
        log = open_log(url)
        fill(log, events)
        log.close()
        colds = [_cold(context, url, *more) for more in ((), ("--engine", "spark"))]
        warms = [
            _apart(run_, Work(url, str(context.folder), events, events * (place + 1)))
            for place, run_ in enumerate((_local, _spark, _three, _one, _least))
        ]
    return _results(events, Measured(*colds, *warms))


def _cold(context: Context, log: str, *more: str) -> float:
    with tempfile.TemporaryDirectory(dir=context.folder) as home:
        began = time.perf_counter()
        arguments = ["-m", "matinee", "stream", "--once", *more]
        server.call(arguments, Path(home), log=log, spark_master=_MASTER)
        return time.perf_counter() - began


def _apart(run_: Callable[[Work], float], work: Work) -> float:
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        return pool.apply(run_, (work,))


def _warm(drain: Callable[[], object], work: Work) -> float:
    drain()
    log = open_log(work.log)
    fill(log, work.events, work.first)
    log.close()
    began = time.perf_counter()
    drain()
    return time.perf_counter() - began


def _local(work: Work) -> float:
    collect_seldom()  # as `matinee` does
    configure_logs("warning", as_json=True)
    log, lake = open_log(work.log), _lake(work)
    took = _warm(LocalStream(log, lake).drain, work)
    _check(lake, work)
    log.close()
    return took


def _spark(work: Work) -> float:
    configure_logs("warning", as_json=True)
    options, lake = SparkOptions(_MASTER, Settings().jars.expanduser(), _BATCH), _lake(work)
    with session(options) as spark:
        took = _warm(SparkStream(spark, KafkaPlace.of(work.log), lake, options).drain, work)
    _check(lake, work)
    return took


def _three(work: Work) -> float:
    return _usual(work, one=False)


def _one(work: Work) -> float:
    return _usual(work, one=True)


def _least(work: Work) -> float:
    return _usual(work, one=True, dedupe=False)


def _usual(work: Work, *, one: bool, dedupe: bool = True) -> float:
    place, folder = KafkaPlace.of(work.log), Path(tempfile.mkdtemp(dir=work.folder))
    with structured.session(_MASTER, Settings().jars.expanduser()) as spark:
        job = structured.Structured(
            spark, place.servers, ",".join(place.topics), folder, _BATCH, one=one, dedupe=dedupe
        )
        took = _warm(job.drain, work)
    _check(Lake(f"file://{folder}"), work)
    return took


def _lake(work: Work) -> Lake:
    return Lake(f"file://{tempfile.mkdtemp(dir=work.folder)}")


def _check(lake: Lake, work: Work) -> None:
    found, sent = lake.read("events", columns=["id"])["id"], work.first + work.events
    if found.len() != sent or found.n_unique() != sent:
        raise BenchmarkError(f"{found.len():,} events are in {lake.url}, not {sent:,}")


def _results(events: int, took: Measured) -> list[Result]:
    note = (
        f"{_MASTER}, 3 partitions a topic, {_BATCH:,} messages a micro-batch; ours writes events, "
        "interactions, rejects, movies, erasures and trending exactly once, whatever is killed, and "
        "knows an id for good; "
        "the rival's job writes events, interactions and rejects, and knows an id for ten minutes; the goal "
        f"of the local runner is {_TIMES:g} times the quickest such job, and our own Spark job with its "
        f"start: warm, it is {took.spark / took.local:.1f} times that; " + pays(took, events)
    )
    local, spark = f"the local runner, {{}}: {events:,} events", f"our Spark job, {{}}: {events:,} events"
    rate = {name: events / seconds for name, seconds in took._asdict().items()}
    rows = (
        (spark.format("warm"), rate["spark"], rate["three"], "Spark SQL job, three tables", rate["three"]),
        (spark.format("warm"), rate["spark"], None, "Spark SQL job, events alone", rate["one"]),
        (
            spark.format("warm"),
            rate["spark"],
            None,
            "Spark SQL job, events alone, no ids known",
            rate["least"],
        ),
        (
            local.format("warm"),
            rate["local"],
            _TIMES * rate["least"],
            "Spark SQL job, events alone, no ids known",
            rate["least"],
        ),
        (local.format("warm"), rate["local"], None, "our Spark job", rate["spark"]),
        (
            local.format("start included"),
            rate["local_cold"],
            _TIMES * rate["spark_cold"],
            "our Spark job, start included",
            rate["spark_cold"],
        ),
    )
    return [
        Result(
            figure=f"Kafka to Delta by {figure}",
            value=value,
            unit="events/s",
            goal=goal,
            rival=rival,
            rival_value=rival_value,
            data=f"{events:,} ratings on one Kafka broker, which has the same cores",
            command="make bench ARGS=stream_kafka",
            note=note,
        )
        for figure, value, goal, rival, rival_value in rows
    ]


def pays(took: Measured, events: int) -> str:
    """From how many events and cores on Spark is quicker, by a linear model, in words.

    Time is a start and so much an event; the local runner has one machine; Spark's work is divided evenly
    over its cores, at no cost, which flatters it.
    """
    local, spark = took.local / events, took.spark / events
    starts = max(took.spark_cold - took.spark, 0) - max(took.local_cold - took.local, 0)
    cores = 2 * spark / local
    backlog = starts / (local / 2)
    return (
        f"by a linear model (a start and {local * 1e6:.1f} µs an event here, {spark * 1e6:.1f} µs on Spark's "
        f"2 cores, of which the work is divided evenly over more at no cost), Spark is quicker from "
        f"{cores:.0f} cores on; with {2 * cores:.0f} it pays from a backlog of {backlog:,.0f} events on, and "
        f"for a steady stream above {1 / local:,.0f} events/s, which is what one local runner commits"
    )
