"""A real HDFS: what was written is there after kill -9 of both processes, at the same address."""

from tests.support import HTTP


def webhdfs(running, path):
    return f"http://127.0.0.1:{running.ports['http']}/webhdfs/v1{path}"


def write(running, path, content):
    query = {"op": "CREATE", "overwrite": "true"}
    answer = HTTP.put(
        webhdfs(running, path), params=query, content=content, follow_redirects=True, timeout=60
    )
    assert answer.status_code == 201, answer.text


def read(running, path):
    return HTTP.get(webhdfs(running, path), params={"op": "OPEN"}, follow_redirects=True, timeout=60)


def test_a_file_is_read_as_it_was_written(hdfs):
    write(hdfs, "/deploy/one", b"x" * 100_000)
    assert read(hdfs, "/deploy/one").content == b"x" * 100_000
    assert read(hdfs, "/.matinee-ready").status_code == 404


def test_a_file_is_there_after_a_kill(own_server):
    own = own_server("hdfs")
    write(own.running, "/kept", b"kept")
    before = own.address
    own.kill()
    own.start()
    assert own.address == before
    assert read(own.running, "/kept").content == b"kept"
    own.kill("datanode")
    namenode = own.running.pid
    own.start()
    assert own.running.pid == namenode
    assert read(own.running, "/kept").content == b"kept"
