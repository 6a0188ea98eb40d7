"""A producer in a process of its own: `python -m tests.log.producer URL PREFIX GROUP COUNT`.

Appends COUNT groups of GROUP records with ids PREFIX-0, PREFIX-1, …, and prints each id once it is
acknowledged; an error of ours ends it with the message and exit 3.
"""

import sys

from matinee.errors import LogError
from matinee.log import open_log
from matinee.log.base import Record


def produce(url: str, prefix: str, group: int, count: int) -> None:
    log = open_log(url)
    for start in range(0, group * count, group):
        ids = [f"{prefix}-{i}" for i in range(start, start + group)]
        log.append([Record("movie-likes", id_, id_, b"x" * 200) for id_ in ids])
        print("\n".join(ids), flush=True)
    log.close()


if __name__ == "__main__":
    try:
        produce(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    except LogError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
