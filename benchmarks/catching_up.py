"""A replica that starts a million events behind its log on Kafka: until it is ready, with all of them.

The rival is a consumer as they are usually written, in one process: it decodes each message with `json` and
keeps a list of each user's events in a dict. It serves nothing and loads no model.
"""

import itertools
import json
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime

import msgspec
from confluent_kafka import Consumer, KafkaError, TopicPartition

from benchmarks import broker, events, server
from benchmarks.context import Context
from benchmarks.errors import BenchmarkError
from benchmarks.http import Client, get
from benchmarks.result import Result
from benchmarks.server import Server
from benchmarks.serving import path
from matinee.events.codec import decode
from matinee.log import open_log
from matinee.log.base import Log, Position, records_of
from matinee.log.partitions import KafkaPlace

_EVENTS = 1_000_000
_GROUP = 10_000
_encode = msgspec.json.Encoder().encode


def run(context: Context) -> list[Result]:
    """From the start of the process; of all its workers, and of one."""
    behind = context.some(_EVENTS)
    with broker.kafka(context) as address, broker.home(context, address) as home:
        log = open_log(home.log)
        before = log.end()
        _fill(context, log, behind)
        end = log.end()
        log.close()
        theirs = _consumed(home.log, before, behind)
        seconds = {}
        for workers in sorted({1, context.workers}):
            with server.matinee(home.path, workers, log=home.log) as running:
                _check_fresh(context, running, end)
                seconds[workers] = running.seconds
    note = (
        f"snapshot of {context.data} in the lake and model in the home, {behind:,} events behind it on the "
        "broker, which has the same cores; until every worker said it was ready, from the start of the "
        "process; the first answer was then as fresh as the last event; every worker reads the whole log"
    )
    return [
        Result(
            figure=f"a replica {behind:,} events behind: ready, {workers} worker{'s' * (workers > 1)}",
            value=took,
            unit="s",
            goal=15.0,
            rival="consumer + json.loads + dict of users, serving nothing",
            rival_value=theirs,
            data=f"random views, likes and ratings over the users and movies of {context.data}",
            command="make bench ARGS=catching_up",
            note=note,
        )
        for workers, took in seconds.items()
    ]


def _fill(context: Context, log: Log, number: int) -> None:
    made = (_encode(event) for event in events.mixed(context.users, context.movies, seed=6))
    while number:
        taken = list(itertools.islice(made, min(_GROUP, number)))
        log.append(records_of([decode(each, datetime.now(UTC)) for each in taken]))
        number -= len(taken)


def _check_fresh(context: Context, running: Server, end: Position) -> None:
    with Client(running.port) as client:
        answer = client.send(get(path(running, context.users[0]))).json()
    if not Position.parse(answer["offset"]).reaches(end):
        raise BenchmarkError(f"ready, and answers at {answer['offset']}, but the log ends at {end}")


def _consumed(log_url: str, after: Position, number: int) -> float:
    """Seconds in which the usual consumer has read what follows `after`."""
    place = KafkaPlace.of(log_url)
    began = time.perf_counter()
    consumer = Consumer({"bootstrap.servers": place.servers, "group.id": uuid.uuid4().hex})
    padded = (*after, *(0,) * (place.partitions * len(place.topics) - len(after)))
    names = place.topics
    consumer.assign(
        [TopicPartition(names[i % len(names)], i // len(names), at) for i, at in enumerate(padded)]
    )
    users: dict[str, list[object]] = defaultdict(list)
    while number:
        for message in consumer.consume(1_000, 1.0):
            error, value = message.error(), message.value()
            if error is None and value is not None:
                event = json.loads(value)
                users[event["user"]].append(event)
                number -= 1
            elif error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise BenchmarkError(f"the consumer was told: {error}")
    took = time.perf_counter() - began
    consumer.close()
    return took
