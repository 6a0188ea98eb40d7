"""The lake in a folder."""

import os
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matinee.errors import LakeError, SettingError
from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.log.base import Position
from tests.lake.contract import LakeContract, environment, offsets, rows


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/a lake"


class TestFileLake(LakeContract):
    pass


def folder(lake: Lake) -> Path:
    return Path(lake.url.removeprefix("file://"))


@pytest.mark.parametrize("bad", ["lake", "file://lake", "s4://bucket/lake", "file:///a%20lake"])
def test_a_url_that_is_no_place_is_refused(bad: str):
    with pytest.raises(SettingError, match="the lake cannot be at"):
        Lake(bad)


def test_a_damaged_log_is_named(url: str):
    lake = Lake(url)
    lake.append("interactions", rows(1, 3), None)
    (folder(lake) / "interactions/_delta_log/00000000000000000001.json").write_text('{"add": {')
    with pytest.raises(LakeError, match=r"interactions.*damaged; restore"):
        Lake(url).read("interactions")


def test_a_missing_file_is_named(url: str):
    lake = Lake(url)
    lake.append("interactions", rows(1, 3), None)
    for path in (folder(lake) / "interactions").glob("*.parquet"):
        path.unlink()
    with pytest.raises(LakeError, match="is gone"):
        lake.read("interactions")


def test_a_newer_protocol_is_named(url: str):
    lake = Lake(url)
    lake.append("interactions", rows(1, 3), None)
    log = folder(lake) / "interactions/_delta_log"
    newer = '{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}\n'
    (log / "00000000000000000002.json").write_text(newer)
    with pytest.raises(LakeError, match="newer program; upgrade"):
        Lake(url).append("interactions", rows(4, 5), None)


def test_a_full_disk_is_named_and_keeps_what_was_there(url: str):
    lake = Lake(url)
    lake.append("interactions", rows(1, 3), Position([3]))
    # A limit on the size of files fails a write as a full disk does, in the middle of it.
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from matinee.lake.delta import Lake; from matinee.log.base import Position\n"
        "from tests.lake.contract import rows\n"
        "lake = Lake(sys.argv[1]); batch = rows(1, 5000)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "lake.append('interactions', batch, Position([5000]))"
    )
    command = [sys.executable, "-c", script, url]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert "LakeError" in run.stderr
    assert "the disk is full; free some space" in run.stderr
    assert offsets(lake) == [1, 2, 3]
    lake.append("interactions", rows(1, 9), Position([9]))
    assert offsets(lake) == list(range(1, 10))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_files_of_killed_writes_go_when_they_are_old(url: str):
    lake = Lake(url)
    lake.append("interactions", rows(1, 3), None)
    young, old = (folder(lake) / "interactions" / f"part-{age}.parquet" for age in ("young", "old"))
    for path in (young, old):
        pq.write_table(rows(1, 3), path)
    hours_ago = (datetime.now(UTC) - timedelta(hours=2)).timestamp()
    os.utime(old, (hours_ago, hours_ago))
    lake.wipe("interactions")
    assert (young.exists(), old.exists()) == (True, False)
    assert offsets(lake) == [1, 2, 3]


def test_older_versions_go_after_the_retention(url: str):
    lake = Lake(url, retention=timedelta(0))
    for offset in range(1, 41):
        lake.append("interactions", rows(offset, offset), Position([offset]))
    lake.maintain("interactions")
    assert len(list((folder(lake) / "interactions").glob("*.parquet"))) == 1
    assert offsets(lake) == list(range(1, 41))


def test_overwrite_leaves_only_what_is_given(url: str):
    lake = Lake(url)
    schema = SCHEMAS["trending"]
    for name in ("a", "b"):
        lake.overwrite("trending", pa.Table.from_pylist([{"movie": name}], schema=schema))
    assert lake.read("trending")["movie"].to_list() == ["b"]
