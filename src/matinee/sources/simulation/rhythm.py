"""When people watch: hours of the day and days of the week."""

from datetime import datetime, timedelta

import numpy as np

_HOURS = np.array(
    [
        *(0.35, 0.2, 0.1, 0.06, 0.05, 0.06, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45),
        *(0.6, 0.6, 0.55, 0.6, 0.7, 0.9, 1.2, 1.6, 2.0, 2.0, 1.5, 0.8),
    ]
)
"""How often a session begins in each hour of a day, relative to the others."""
_UNTIL_HOUR = np.cumsum(_HOURS) / _HOURS.sum()
_WEEKDAYS = (0.9, 0.85, 0.85, 0.95, 1.2, 1.45, 1.3)
"""How busy each day is, Monday first, relative to the average."""


def busyness(day: datetime) -> float:
    """How many sessions this day has, relative to the average day."""
    return _WEEKDAYS[day.weekday()]


def session_start(rng: np.random.Generator, day: datetime, shift: float) -> datetime:
    """When on `day` a session of someone begins who lives `shift` hours later than most."""
    hour = int(np.searchsorted(_UNTIL_HOUR, rng.random())) + rng.random() + shift
    return day + timedelta(seconds=round(hour % 24 * 3600))
