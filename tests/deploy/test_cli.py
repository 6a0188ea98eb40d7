"""`python -m deploy.local`, as it is typed."""

import os
import subprocess
import sys

import pytest

from deploy.local import servers
from tests.support import ROOT, script


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *map(str, arguments)],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_way_of_a_server(own_server):
    own = own_server("s3")
    pid = own.running.pid
    told = run("up", "s3", "--home", own.home).stdout
    assert told.startswith(f"s3 was already up: {own.address}\n  gateway: process {pid}, log ")
    assert f"  export AWS_ENDPOINT_URL={own.address}\n" in told
    assert f"s3 is up: {own.address}" in run("status", "--home", own.home).stdout
    assert run("down", "--home", own.home).stdout.splitlines()[:2] == ["s3 is down", "spark did not run"]
    assert "s3 is down\n" in run("status", "s3", "--home", own.home).stdout
    assert run("up", "s3", "--home", own.home).stdout.startswith(f"s3 is up: {own.address}\n")
    assert run("clean", "s3", "--home", own.home).stdout == "s3 is gone with its data\n"
    assert run("clean", "s3", "--home", own.home).stdout == "s3 was not there\n"


def test_one_that_hangs_is_not_called_up(own_server):
    own = own_server("s3")
    own.pause()
    told = run("status", "s3", "--home", own.home).stdout
    own.resume()
    assert told.startswith("s3 runs, but does no work\n  gateway: process ")


@pytest.mark.parametrize("name", servers.SERVERS)
def test_a_missing_program_is_named_with_what_to_install(tmp_path, name):
    empty = {"PATH": str(tmp_path), "JAVA_HOME": "", "MAVEN_HOME": "", "GOROOT": ""}
    done = run(
        "up", name, "--home", tmp_path / "home", MATINEE_SERVERS_CACHE=str(tmp_path / "cache"), **empty
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "install" in done.stderr
    assert "is missing" in done.stderr


def test_a_java_that_is_too_old_is_named(tmp_path):
    script(tmp_path / "bin", "java", 'echo openjdk version \\"11.0.2\\" 2019-01-15 >&2')
    done = run("up", "kafka", "--home", tmp_path / "home", PATH=f"{tmp_path}/bin:/bin:/usr/bin", JAVA_HOME="")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {tmp_path}/bin/java is Java 11, too old; install: ")


def test_a_home_that_cannot_be_one_is_an_error_without_a_traceback(tmp_path):
    (tmp_path / "file").touch()
    done = run("up", "kafka", "--home", tmp_path / "file" / "home")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: [Errno 20] Not a directory")


@pytest.mark.parametrize("arguments", [["up", "oracle"], ["up", "--ports", "none"], ["up", "--ports", "80"]])
def test_what_is_not_there_is_told_with_the_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "Usage: python -m deploy.local up" in done.stderr
