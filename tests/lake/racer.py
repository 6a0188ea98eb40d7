"""A process that races with others: appends the offsets of a partition, some twice, and says how many rows.

Its arguments: the lake's URL, the partition, the last offset, and how many rows it appends at once.
"""

import sys

from matinee.lake.delta import Lake
from matinee.lake.parquet import write_file
from matinee.log.base import Position
from tests.lake.contract import rows

if __name__ == "__main__":
    url, partition, last, size = sys.argv[1], *map(int, sys.argv[2:])
    lake, added = Lake(url), 0
    for number, first in enumerate(range(1, last + 1, size)):
        end = min(first + size - 1, last)
        position = Position([*(0,) * partition, end])
        batch = rows(max(1, first - 2), end, partition=partition)
        if number % 2:
            added += lake.append("interactions", batch, position)
        else:  # as an engine that writes the files first
            new = batch.slice(len(batch) - (end - first + 1))
            added += new.num_rows * lake.add("interactions", [write_file(url, "interactions", new)], position)
    print(added)
