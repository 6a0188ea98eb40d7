"""A real S3 gateway: Delta tables are written with the environment that it says; no wrong key gets in."""

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyarrow import fs


def options(running):
    return dict(running.environment)


def test_a_delta_table_is_written_and_read(s3):
    for i in range(3):
        rows = pa.table({"n": [i]})
        write_deltalake("s3://matinee/deploy/table", rows, mode="append", storage_options=options(s3))
    table = DeltaTable("s3://matinee/deploy/table", storage_options=options(s3))
    assert table.version() == 2
    assert sorted(table.to_pyarrow_table()["n"].to_pylist()) == [0, 1, 2]


def test_a_wrong_key_is_refused(s3):
    client = fs.S3FileSystem(
        access_key=s3.environment["AWS_ACCESS_KEY_ID"],
        secret_key="wrong",
        region=s3.environment["AWS_REGION"],
        endpoint_override=s3.address,
    )
    with pytest.raises(OSError, match=r"SIGNATURE|ACCESS_DENIED|Signature"):
        client.get_file_info(fs.FileSelector("matinee"))


def test_objects_are_there_after_a_kill(own_server):
    own = own_server("s3")
    write_deltalake("s3://matinee/kept", pa.table({"n": [1]}), storage_options=options(own.running))
    own.kill()
    own.start()
    assert DeltaTable("s3://matinee/kept", storage_options=options(own.running)).version() == 0
