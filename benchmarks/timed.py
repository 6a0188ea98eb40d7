"""Run a command and write what it took as JSON: `python -I -S timed.py FILE COMMAND …`.

A program's peak of memory counts from what the one that started it had, so this one is next to nothing.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path


def main(file: str, *command: str) -> int:
    """Run `command`; `file` gets its seconds, those of the processor, and its peak of memory in bytes."""
    begin = time.perf_counter()
    done = subprocess.run(command, check=False)
    seconds = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = {
        "seconds": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    Path(file).write_text(json.dumps(took), encoding="ascii")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
