"""docs/lake.md says what there is, and its examples run."""

import re
from pathlib import Path

import pytest

from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS, TABLE_NAMES, TableName
from matinee.stream.local import LocalStream
from tests.stream import given as draw
from tests.stream.memory_log import MemoryLog

PAGE = (Path(__file__).parents[2] / "docs/lake.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_every_column_is_documented_in_order(table: TableName):
    section = PAGE.split(f"### {table}\n")[1].split("\n#")[0]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == SCHEMAS[table].names


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs(tmp_path: Path, example: str):
    log = MemoryLog()
    log.append([draw.record_of({"type": "like", "user": "ann", "movie": "1"}, "an-id")])
    LocalStream(log, Lake(f"file://{tmp_path}/lake")).drain()
    exec(example.replace("/var/matinee/lake", f"{tmp_path}/lake"), {})


def test_there_are_examples():
    assert len(EXAMPLES) == 4
