"""A driver to be killed: follows the topics, into the lake, that its command line names."""

import sys

from matinee.lake.delta import Lake
from matinee.log.partitions import KafkaPlace
from matinee.stop import Stop, set_by_signals
from matinee.stream import spark
from matinee.stream.commit import Told
from matinee.telemetry import configure_logs
from tests.spark import JARS

if __name__ == "__main__":
    configure_logs("warning", as_json=True)
    spark._PATIENCE = 1.0
    master, servers, prefix, lake = sys.argv[1:]
    told = Told(on_batch=lambda done: print(done.position, flush=True))
    stop = Stop()
    with (
        spark.open_stream(
            master, JARS, (2_000, 0.05), KafkaPlace(servers, prefix, 2), Lake(lake), told
        ) as stream,
        set_by_signals(stop),
    ):
        stream.follow(stop)
