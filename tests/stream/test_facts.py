"""The facts of a movie are the same wherever they are brought together: in a structure, or in columns."""

from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matinee.events.codec import encode
from matinee.events.meaning import enriched
from matinee.events.types import Event, Facts, updated
from matinee.lake.delta import Lake
from matinee.lake.movies import facts_of
from matinee.log.base import Entry, Listed, Position, Record
from matinee.serve.snapshot import lake_movies
from matinee.stores.catalogue import open_catalogue
from matinee.stream.batch import frame
from matinee.stream.local import LocalStream
from matinee.stream.parse import parse
from matinee.stream.steps import rows_of
from tests.events import strategies
from tests.stream.given import EVERY_FACT
from tests.stream.memory_log import MemoryLog

NOW = datetime(2026, 1, 1, tzinfo=UTC)
APPENDED = int(NOW.timestamp() * 1e6)
TOO_EARLY = Facts(released=date(1800, 1, 1))
TOO_MANY = Facts(genres=tuple(f"a{number}|b{number}" for number in range(50)))


def told(facts: Facts, id_: str = "an-id") -> Event:
    return Event(id=id_, type="movie", movie="m", at=NOW, facts=facts)


def in_columns(given_: list[Facts]) -> Facts:
    """What the stream makes of events that tell these facts in turn."""
    entries = [
        Entry(0, offset, APPENDED, "movies", "m", str(offset), encode(told(facts, str(offset))))
        for offset, facts in enumerate(given_, 1)
    ]
    return dict(facts_of(frame(rows_of(parse(Listed(entries, Position()).columns)).movies)))["m"]


@given(st.lists(strategies.facts, min_size=1, max_size=4))
@example([TOO_EARLY, Facts(year=1990)])
@example([TOO_MANY, Facts(genres=())])
@example([Facts(genres=("\x1cDrama\u00a0", " Crime\t"))])
def test_the_columns_of_the_lake_say_what_the_live_state_says(given_: list[Facts]):
    assert in_columns(given_) == reduce(updated, map(enriched, given_))


@given(strategies.facts)
@example(TOO_EARLY)
@example(TOO_MANY)
def test_enriched_facts_are_facts_that_an_event_may_have(facts: Facts):
    made = enriched(facts)
    assert msgspec.convert(msgspec.to_builtins(made), Facts) == made


@pytest.mark.parametrize("facts", [EVERY_FACT, TOO_EARLY, TOO_MANY])
def test_every_fact_reaches_the_lake_and_the_catalogue(tmp_path: Path, facts: Facts):
    log, lake = MemoryLog(), Lake(f"file://{tmp_path}/lake")
    catalogue = open_catalogue(f"sqlite:///{tmp_path}/catalogue.db")
    log.append([Record.of(told(facts))])
    LocalStream(log, lake, on_movies=catalogue.put).drain()
    assert dict(lake_movies(lake)) == {"m": enriched(facts)}
    assert catalogue.get(["m"]) == [("m", enriched(facts))]
    catalogue.close()


def test_the_enriched_example_is_itself():
    assert enriched(EVERY_FACT) == EVERY_FACT
