"""The servers in containers are those without: the same versions, ports and settings."""

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from deploy.local import cache
from deploy.local.servers import SERVERS, hdfs, kafka, s3, spark, yarn
from tests.servers import had
from tests.support import ROOT

FILE = ROOT / "deploy/compose.yaml"
LOCAL = ROOT / "deploy/local"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES = COMPOSE["services"]
OF = {
    "kafka": ["kafka"],
    "hdfs": ["namenode", "datanode"],
    "yarn": ["resourcemanager", "nodemanager"],
    "spark": ["spark-master", "spark-worker"],
    "s3": ["s3"],
}
"""The services of each server."""

READER = "github.com/compose-spec/compose-go/v2/cmd@v2.16.2"

INSIDE = {"controller"}
"""Uses of ports that nobody outside needs."""


def properties(text: str) -> dict[str, str]:
    lines = [line.strip() for line in text.splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def site(name: str, of: str) -> dict[str, str]:
    """The settings of one of Hadoop's files."""
    root = ET.parse(LOCAL / of / name).getroot()
    return {each.findtext("name", ""): each.findtext("value", "") for each in root.iter("property")}


def fixed(settings: dict[str, str]) -> dict[str, str]:
    """Those that name no address and no folder, which are others in containers."""
    return {name: value for name, value in settings.items() if "$" not in value and "127.0.0.1" not in value}


def pom_version(name: str, artifact: str) -> str:
    root = ET.parse(LOCAL / name / "pom.xml").getroot()
    ns = "{http://maven.apache.org/POM/4.0.0}"
    for dependency in root.iter(f"{ns}dependency"):
        if dependency.findtext(f"{ns}artifactId") == artifact:
            version = dependency.findtext(f"{ns}version", "")
            named = re.fullmatch(r"\$\{(.*)}", version)
            return root.findtext(f"{ns}properties/{ns}{named[1]}", "") if named else version
    raise KeyError(artifact)


def runs(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def read(file: Path) -> "subprocess.CompletedProcess[str]":
    """`docker compose config`; where Docker has no `compose`, by the library with which it reads."""
    docker = shutil.which("docker")
    if docker and runs(docker, "compose", "version"):
        command = [docker, "compose", "--file", str(file), "config"]
    else:
        command = [str(had(lambda: cache.program("cmd", READER))), str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_server_is_there():
    assert set(OF) == set(SERVERS)
    assert {service for services in OF.values() for service in services} | {"matinee"} == set(SERVICES)


def test_every_image_has_the_version_that_tests_use():
    hadoop = f"apache/hadoop:{pom_version('hdfs', 'hadoop-hdfs')}"
    assert pom_version("yarn", "hadoop-yarn-server-resourcemanager") == pom_version("hdfs", "hadoop-hdfs")
    images = {
        "kafka": f"apache/kafka:{pom_version('kafka', 'kafka_2.13')}",
        "hdfs": hadoop,
        "yarn": hadoop,
        "spark": "matinee-spark",
        "s3": f"versity/versitygw:{s3.MODULE.split('@')[1]}",
    }
    for name, services in OF.items():
        assert {SERVICES[service]["image"] for service in services} == {images[name]}


@pytest.mark.parametrize("name", SERVERS)
def test_every_port_is_the_usual_one_and_open_to_this_machine_only(name):
    published = {each for service in OF[name] for each in SERVICES[service]["ports"]}
    wanted = {port for use, port in SERVERS[name].ports.items() if use not in INSIDE}
    assert published == {f"127.0.0.1:{port}:{port}" for port in wanted}


def test_kafka_has_the_same_settings():
    environment = SERVICES["kafka"]["environment"]
    of_image = {"KAFKA_HEAP_OPTS"}
    given = {
        variable.removeprefix("KAFKA_").lower().replace("_", "."): value
        for variable, value in environment.items()
        if variable not in of_image
    }
    local = properties((LOCAL / "kafka/server.properties").read_text())
    addresses = {"listeners", "advertised.listeners", "log.dirs"}
    only_local = {"controller.quorum.bootstrap.servers"}
    only_here = {"listener.security.protocol.map", "inter.broker.listener.name", "controller.quorum.voters"}
    assert set(given) - only_here == set(local) - only_local
    assert fixed(local).items() <= given.items()
    assert set(local) - set(fixed(local)) == addresses | only_local


@pytest.mark.parametrize(
    ("file", "of"), [("core-site.xml", "hdfs"), ("hdfs-site.xml", "hdfs"), ("yarn-site.xml", "yarn")]
)
@pytest.mark.parametrize("service", [*OF["hdfs"], *OF["yarn"]])
def test_hadoop_has_the_same_settings(file, of, service):
    prefix = f"{file.upper()}_"
    environment = SERVICES[service]["environment"]
    given = {
        name.removeprefix(prefix): value for name, value in environment.items() if name.startswith(prefix)
    }
    local = site(file, of)
    assert set(given) == set(local)
    assert fixed(local).items() <= given.items()
    for name, value in local.items():
        use = re.fullmatch(r"(?:hdfs://)?127\.0\.0\.1:\$(\w+)", value)
        if use:
            assert given[name].endswith(f":{SERVERS[of].ports[use[1]]}"), name


@pytest.mark.parametrize("service", OF["spark"])
def test_spark_has_the_same_settings(service):
    environment = SERVICES[service]["environment"]
    given = dict(re.findall(r"-D([\w.]+)=(\S+)", environment["SPARK_DAEMON_JAVA_OPTS"]))
    lines = (LOCAL / "spark/spark-defaults.conf").read_text().splitlines()
    local = dict(line.split() for line in lines if line and not line.startswith("#"))
    assert set(given) == set(local)
    assert fixed(local).items() <= given.items()
    assert "pyspark==4.2.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_the_gateway_has_the_same_settings():
    local = properties((LOCAL / "s3/gateway.env").read_text())
    given = SERVICES["s3"]["environment"]
    assert set(given) == set(local)
    assert fixed(local).items() <= given.items()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_watched_keeps_its_data_and_waits_until_what_it_needs_is_healthy(service):
    made = SERVICES[service]
    assert {"test", "interval", "timeout", "start_period"} <= set(made["healthcheck"])
    volumes = [each.split(":")[0] for each in made["volumes"]]
    assert volumes
    assert set(volumes) <= set(COMPOSE["volumes"])
    for needed in made.get("depends_on", {}).values():
        assert needed == {"condition": "service_healthy"}


def test_matinees_own_images_are_not_root_and_have_the_pinned_packages():
    text = (ROOT / "deploy/Dockerfile").read_text()
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM|\Z)", text, re.MULTILINE | re.DOTALL))
    for service, made in SERVICES.items():
        if "build" in made:
            stage = stages[made["build"]["target"]]
            assert "\nUSER matinee\n" in stage, service
            assert (FILE.parent / made["build"]["context"] / made["build"]["dockerfile"]).exists()
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert installs
    assert all("-c constraints.txt" in line for line in installs)
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split()), source


def test_docker_reads_it():
    done = read(FILE)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def test_docker_refuses_what_is_no_compose_file(tmp_path):
    broken = tmp_path / "compose.yaml"
    broken.write_text(FILE.read_text().replace("    healthcheck:", "    helthcheck:"))
    done = read(broken)
    assert done.returncode != 0
    assert "helthcheck" in done.stdout + done.stderr


def test_every_server_takes_and_gives_as_much_memory():
    assert SERVICES["kafka"]["environment"]["KAFKA_HEAP_OPTS"] == kafka.HEAP
    for service in OF["hdfs"]:
        assert SERVICES[service]["environment"]["HADOOP_OPTS"] == hdfs.HEAP
    for service in OF["yarn"]:
        assert SERVICES[service]["environment"]["HADOOP_OPTS"] == " ".join(yarn.OPTIONS)
    for service in OF["spark"]:
        assert SERVICES[service]["environment"]["SPARK_DAEMON_MEMORY"] == spark.HEAP
    assert " ".join(spark.GIVEN) in SERVICES["spark-worker"]["command"]
