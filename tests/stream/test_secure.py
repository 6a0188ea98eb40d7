"""TLS and passwords, on a broker that asks for both: by the client of the log, and by Spark's."""

import pytest

from deploy.local import servers
from matinee.errors import LogError
from matinee.lake.delta import Lake
from matinee.log import open_log
from matinee.log.partitions import KafkaPlace
from matinee.stream.spark import SparkStream
from tests.log.contract import ids
from tests.secure import PASSWORD, SecureKafka, certificate, certify, secure_url
from tests.servers import Own
from tests.spark import OPTIONS, spark
from tests.stream import given as draw


@pytest.fixture
def broker(own_server, monkeypatch) -> Own:
    monkeypatch.setitem(servers.SERVERS, "kafka", SecureKafka())
    made: Own = own_server("kafka")
    return made


def test_who_has_the_password_is_let_in_and_who_has_not_is_told_so_without_it(broker, tmp_path):
    trusted, port = certificate(broker.home / "kafka"), broker.running.ports["secure"]
    url = secure_url(port, "x", trusted)
    log = open_log(url)
    log.append([draw.record_of({"type": "like", "user": user, "movie": "m"}, user) for user in "ab"])
    assert ids(log) == ["a", "b"]
    log.close()

    lake = Lake(f"file://{tmp_path}/lake")
    assert SparkStream(spark(), KafkaPlace.of(url), lake, OPTIONS).drain().events == 2
    assert sorted(lake.read("events")["user"]) == ["a", "b"]

    _refuses(secure_url(port, "x", trusted, "wr0ng"), "wr0ng")
    certify(tmp_path / "keys.p12", tmp_path / "another.pem")
    _refuses(secure_url(port, "x", tmp_path / "another.pem"), PASSWORD)


def _refuses(url: str, secret: str) -> None:
    with pytest.raises(LogError, match="see that its brokers run") as error:
        open_log(url)
    assert secret not in str(error.value)
