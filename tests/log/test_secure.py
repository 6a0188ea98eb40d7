"""TLS and passwords, on a broker that asks for both."""

from pathlib import Path

import pytest

from deploy.local import servers
from matinee.errors import LogError
from matinee.log import open_log
from tests.log.contract import ids, record
from tests.log.secure import PASSWORD, SecureKafka, certificate, certify, secure_url
from tests.servers import Own


@pytest.fixture
def broker(own_server, monkeypatch) -> Own:
    monkeypatch.setitem(servers.SERVERS, "kafka", SecureKafka())
    made: Own = own_server("kafka")
    return made


def test_who_has_the_password_is_let_in_and_who_has_not_is_told_so_without_it(broker, tmp_path):
    trusted, port = certificate(broker.home / "kafka"), broker.running.ports["secure"]
    log = open_log(secure_url(port, "x", trusted))
    log.append([record("a", "u"), record("b", "v")])
    assert ids(log) == ["a", "b"]
    assert log.erase(["u"], log.end()) == 1
    log.close()
    _refuses(secure_url(port, "x", trusted, "wr0ng"), "wr0ng")
    _refuses(secure_url(port, "x", _other(tmp_path)), PASSWORD)


def _refuses(url: str, secret: str) -> None:
    with pytest.raises(LogError, match="see that its brokers run") as error:
        open_log(url)
    assert secret not in str(error.value)


def _other(folder: Path) -> Path:
    """Of another broker."""
    certify(folder / "keys.p12", folder / "other.pem")
    return folder / "other.pem"
