"""Spark's standalone cluster; that jobs run on it and on YARN is shown where the stream and training do."""


def test_a_master_that_was_killed_knows_its_worker(own_server):
    own = own_server("spark")
    worker = own.running.processes[1].pid
    own.kill("master")
    own.start()
    assert own.running.processes[1].pid == worker
