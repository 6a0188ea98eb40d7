"""Spark's real clusters: Python runs on their executors, in the Python of the driver."""

import os
import subprocess
import sys

from tests.deploy import job


def run_job(running, master):
    done = subprocess.run(
        [sys.executable, job.__file__, master],
        env=os.environ | running.environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.stdout.split() == ["10"], done.stdout + done.stderr[-4000:]


def test_a_job_runs_on_the_standalone_worker(spark):
    run_job(spark, spark.address)


def test_a_job_runs_on_yarn(yarn):
    run_job(yarn, "yarn")


def test_a_master_that_was_killed_knows_its_worker(own_server):
    own = own_server("spark")
    worker = own.running.processes[1].pid
    own.kill("master")
    own.start()
    assert own.running.processes[1].pid == worker
