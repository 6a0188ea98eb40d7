"""How often Python looks for cycles among what is no longer used."""

import gc

_OBJECTS, _TIMES, _FULL = 50_000, 20, 100


def collect_seldom() -> None:
    """Make this process look for cycles after 50,000 new objects, not after 700.

    A micro-batch of events is tens of thousands of objects and has no cycles: to look through them each time
    that 700 were made takes as long as to read them from Kafka.
    """
    gc.set_threshold(_OBJECTS, _TIMES, _FULL)
