"""What holds for every server, seen with the one that starts in a second."""

import json
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local import servers
from deploy.local.servers import ServerError
from tests.servers import is_gone
from tests.support import await_until


def test_up_when_it_is_up_says_so_and_starts_nothing(own_server):
    own = own_server("s3")
    pid = own.running.pid
    again = own.start()
    assert not again.started
    assert (again.pid, again.address) == (pid, own.address)


def test_many_that_want_it_at_once_get_one(own_server):
    own = own_server("s3")
    own.stop()
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: servers.up("s3", own.home), range(4)))
    assert sum(running.started for running in got) == 1
    assert len({running.pid for running in got}) == 1


def test_down_keeps_the_data_and_stops_nothing_else(own_server):
    one, two = own_server("s3"), own_server("s3")
    bucket = one.home / "s3/data/buckets/matinee"
    (bucket / "kept").write_text("kept")
    assert servers.down("s3", one.home)
    assert one.running.pid is None
    assert two.running.pid
    assert not servers.down("s3", one.home)
    assert one.start().address == one.address
    assert (bucket / "kept").read_text() == "kept"


def test_clean_leaves_nothing(own_server):
    own = own_server("s3")
    pid = own.running.pid
    assert servers.clean("s3", own.home)
    assert is_gone(pid)
    assert not (own.home / "s3").exists()
    assert not servers.clean("s3", own.home)


def test_clean_deletes_no_folder_that_is_not_a_servers(tmp_path):
    (tmp_path / "s3").mkdir()
    (tmp_path / "s3/mine.txt").write_text("mine")
    assert not servers.clean("s3", tmp_path)
    assert (tmp_path / "s3/mine.txt").exists()


def test_a_killed_one_is_seen_as_down_and_comes_up_again(own_server):
    own = own_server("s3")
    killed = own.running.pid
    own.kill()
    assert servers.find("s3", own.home) is None
    assert own.start().started
    assert own.running.pid != killed


def test_a_process_that_got_the_id_of_a_dead_one_is_left_alone(own_server):
    own = own_server("s3")
    noted = own.home / "s3/gateway.pid"
    was = json.loads(noted.read_text())
    own.kill()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        noted.write_text(json.dumps({"pid": other.pid, "started": was["started"] - 60}))
        assert servers.find("s3", own.home) is None
        assert not servers.down("s3", own.home)
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


@pytest.mark.parametrize("text", ["", "12", "{}", '{"pid": "x"}', '{"pid": 999999999, "started": 1.0}'])
def test_a_damaged_file_of_its_id_is_as_none(own_server, text):
    own = own_server("s3")
    own.kill()
    (own.home / "s3/gateway.pid").write_text(text)
    assert servers.find("s3", own.home) is None
    assert own.start().started


def test_one_that_does_not_listen_to_reason_is_killed(own_server, monkeypatch):
    monkeypatch.setattr("deploy.local.process.PATIENCE", 0.5)
    own = own_server("s3")
    own.pause()
    assert servers.down("s3", own.home)
    await_until(lambda: own.running.pid is None, "the gateway is gone")


def test_one_that_runs_but_answers_nothing_is_not_up(own_server):
    own = own_server("s3")
    own.pause()
    assert servers.find("s3", own.home) is None
    own.resume()
    found = servers.find("s3", own.home)
    assert found
    assert found.pid == own.running.pid


def test_what_fails_to_start_tells_its_log_and_leaves_nothing_running(own_server):
    own = own_server("s3")
    own.stop()
    shutil.rmtree(own.home / "s3/data")
    with pytest.raises(ServerError, match=r"gateway ended while it was starting; .*gateway\.log ends so"):
        servers.up("s3", own.home)
    assert own.running.pid is None


def test_a_port_that_is_taken_is_named(own_server):
    own = own_server("s3")
    own.stop()
    port = own.running.ports["http"]
    refused = pytest.raises(ServerError, match=f"cannot listen on {port}: another")
    with socket.create_server(("127.0.0.1", port)), refused:
        own.start()
    assert own.start().started


def test_other_ports_than_it_has_are_refused(own_server):
    own = own_server("s3")
    with pytest.raises(ServerError, match="clean it first, or use another --home"):
        servers.up("s3", own.home, 20_000)


def test_a_row_of_ports_has_a_place_for_every_server():
    firsts = [servers._first_port(name) for name in servers.SERVERS]
    counts = [len(server.ports) for server in servers.SERVERS.values()]
    assert firsts == [sum(counts[:i]) for i in range(len(counts))]


def test_no_two_servers_have_the_same_usual_port():
    usual = [port for server in servers.SERVERS.values() for port in server.ports.values()]
    assert len(set(usual)) == len(usual)


def test_what_a_server_needs_comes_before_it():
    names = list(servers.SERVERS)
    for name, server in servers.SERVERS.items():
        assert all(names.index(needed) < names.index(name) for needed in server.needs)
