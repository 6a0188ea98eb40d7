"""A process to be killed, or to race with others: publishes and activates models, and prints their versions.

Its arguments: the URL, the folder of the cache, at which second it begins, and how many it publishes.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matinee.models.artifact import Origin
from matinee.models.registry import Registry
from tests.models import worlds

if __name__ == "__main__":
    url, cache, begin, count = sys.argv[1:]
    registry, model = Registry(url, Path(cache), keep=3), worlds.blend()
    print("ready", flush=True)
    for second in range(int(begin), int(begin) + int(count)):
        created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        print(registry.publish(model, Origin(created)), flush=True)
