"""What `freshness` measures, with the log on Kafka and the broker on the same cores.

The rival is the same: a pipeline that trains by night shows a like no sooner for having it on Kafka.
"""

from benchmarks import broker, freshness, server
from benchmarks.context import Context
from benchmarks.freshness import Goals
from benchmarks.result import Result


def run(context: Context) -> list[Result]:
    """With `after=OFFSET`, and without."""
    watched, _ = freshness.split_users(context)
    rival = freshness.usual(context, watched[: freshness.RIVALS_TRIALS])
    with (
        broker.kafka(context) as address,
        broker.home(context, address) as home,
        server.matinee(home.path, context.workers, log=home.log) as running,
    ):
        return freshness.measure(context, running, rival, Goals(10.0, 50.0), "freshness_kafka")
