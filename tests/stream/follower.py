"""A process to be killed: follows the log, into the lake, that its command line names."""

import sys

from matinee.lake.delta import Lake
from matinee.log.sqlite import SqliteLog
from matinee.stop import Stop
from matinee.stream.local import LocalStream
from matinee.telemetry import configure_logs

if __name__ == "__main__":
    configure_logs("warning", as_json=True)
    log_url, lake_url, micro_batch = sys.argv[1:]
    stream = LocalStream(
        SqliteLog(log_url),
        Lake(lake_url),
        micro_batch=int(micro_batch),
        seconds=0.05,
        trending_seconds=0.1,
        on_batch=lambda done: print(done.position, flush=True),
    )
    stream.follow(Stop())
