"""What `ingest` measures, with the log on Kafka and the broker on the same cores, all of them warm.

The rival is FastAPI before a producer that waits, batch by batch, until Kafka has acknowledged it (acks=all):
no id is looked for, and nothing reads what was sent.
"""

from benchmarks import broker, load, server
from benchmarks.context import Context
from benchmarks.ingest import BATCH, ingest, make, warm_up
from benchmarks.load import Plan
from benchmarks.result import Result

_WARM = 500
"""Batches that each is sent before: by then the broker's JVM has compiled what it runs."""
_CONNECTIONS, _RIVALS_CONNECTIONS = 16, 8
"""With these each is quickest: the rival's wait for each other, and ours share what Kafka acknowledges."""
_WORKERS = 1
"""Each follows all of the log: on two cores that the broker shares a second one takes more than it gives."""
_RIVAL = "FastAPI + a producer with acks=all that flushes each batch"


def run(context: Context) -> list[Result]:
    """JSON arrays to both, one after the other, to one broker."""
    sent, before = make(context), warm_up(context, context.some(_WARM))
    with broker.kafka(context) as address:
        with server.rival("producing", address, context.folder, context.workers) as running:
            load.run(Plan(running.port, before.arrays("/events"), _RIVALS_CONNECTIONS))
            theirs = load.run(Plan(running.port, sent.arrays("/events"), _RIVALS_CONNECTIONS))
        with (
            broker.home(context, address) as home,
            server.matinee(home.path, _WORKERS, log=home.log) as running,
        ):
            load.run(Plan(running.port, before.arrays("/v1/events"), _CONNECTIONS))
            ours = ingest(running, home.log, sent, sent.arrays("/v1/events"), _CONNECTIONS)
    note = (
        f"{len(before.batches) * BATCH:,} events, which are not measured, and then "
        f"{len(ours.latencies) * BATCH:,} over {_CONNECTIONS} connections to one worker, onto a home with "
        "the data loaded and a model serving; afterwards every event was found in the log exactly once, and "
        f"the histories of five users were as sent; the rival, of {context.workers} workers and over "
        f"{_RIVALS_CONNECTIONS} connections, validates and produces, knows no duplicates, and reads nothing"
    )
    rows = (
        ("events acknowledged", "events/s", 50_000.0, ours.rate * BATCH, theirs.rate * BATCH),
        ("p50 of a batch", "ms", None, ours.milliseconds(50), theirs.milliseconds(50)),
        ("p99 of a batch", "ms", None, ours.milliseconds(99), theirs.milliseconds(99)),
    )
    return [
        Result(
            figure=f"ingest over HTTP to Kafka, batches of {BATCH:,} as JSON arrays: {name}",
            value=value,
            unit=unit,
            goal=goal,
            rival=_RIVAL,
            rival_value=rival_value,
            data=f"random views, likes and ratings over the users and movies of {context.data}",
            command="make bench ARGS=ingest_kafka",
            note=note,
        )
        for name, unit, goal, value, rival_value in rows
    ]
