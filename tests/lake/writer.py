"""A process to be killed: appends to the lake named on its command line, on from what is committed."""

import sys

from matinee.lake.delta import Lake
from matinee.log.base import Position
from tests.lake.contract import rows

if __name__ == "__main__":
    lake = Lake(sys.argv[1])
    last = (lake.committed("interactions") or (0,))[0]
    while True:
        # From a little before, as after a crash: what is there already must not come twice.
        lake.append("interactions", rows(max(1, last - 2), last + 5), Position([last + 5]))
        lake.maintain("interactions")
        last += 5
        print(last, flush=True)
