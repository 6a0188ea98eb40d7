"""What the page was started with, the same for all who look at it."""

import os
from pathlib import Path
from typing import NamedTuple

_API, _POSTERS, _TMDB = "MATINEE_API", "MATINEE_POSTERS", "MATINEE_TMDB_POSTERS"


POSTERS = "/posters"
"""Where browsers find the posters of the local folder."""


class Given(NamedTuple):
    """Where the API is, the folder of posters if there is one, whether browsers may ask TMDB for others."""

    api: str
    posters: Path | None
    tmdb: bool


def given() -> Given:
    """As whoever started the page told its process: this room reads no settings."""
    posters = os.environ.get(_POSTERS)
    return Given(
        os.environ.get(_API) or "http://127.0.0.1:8000",
        Path(posters) if posters else None,
        os.environ.get(_TMDB, "True") == "True",
    )
