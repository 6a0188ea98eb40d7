"""A broker that speaks only to who has a password, and only by TLS."""

import subprocess
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlencode

from deploy.local.place import HOST, Place
from deploy.local.servers.kafka import Kafka
from deploy.local.tools import java

USER, PASSWORD = "matinee", 'p@ss"w/rd'
_KEYS = "changeit"
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


class SecureKafka(Kafka):
    """Kafka with one more port, `secure`: SASL over TLS, by a certificate that it has signed itself."""

    ports: ClassVar = {**Kafka.ports, "secure": 9094}

    def configure(self, place: Place) -> None:
        """Of a property that is there twice, Kafka takes the last."""
        super().configure(place)
        keys = place.folder / "keys.p12"
        if not keys.exists():
            certify(keys, certificate(place.folder))
        password = PASSWORD.replace('"', '\\\\"')
        secure = f"SECURE://{HOST}:{place.ports['secure']}"
        plain = f"PLAINTEXT://{HOST}:{place.ports['broker']}"
        controller = f"CONTROLLER://{HOST}:{place.ports['controller']}"
        added = {
            "listeners": f"{plain},{controller},{secure}",
            "advertised.listeners": f"{plain},{controller},{secure}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.secure.plain.sasl.jaas.config": f'{_LOGIN} required user_{USER}="{password}";',
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": keys,
            "ssl.keystore.password": _KEYS,
        }
        with (place.conf / "server.properties").open("a") as properties:
            properties.writelines(f"\n{name}={value}" for name, value in added.items())


def certificate(folder: Path) -> Path:
    """The broker's certificate, in PEM, for those who are to trust it."""
    return folder / "certificate.pem"


def secure_url(port: int, prefix: str, trusted: Path, password: str = PASSWORD) -> str:
    """The log on that broker."""
    query = urlencode(
        {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "ssl.ca.location": str(trusted)}
    )
    return f"kafka://{USER}:{quote(password, safe='')}@{HOST}:{port}/{prefix}?{query}"


def certify(keys: Path, certificate: Path) -> None:
    """Make a key and its certificate, by a tool that Java brings."""
    store = ("-keystore", str(keys), "-storetype", "PKCS12", "-storepass", _KEYS, "-alias", "broker")
    owner = ("-dname", "CN=broker", "-ext", f"san=ip:{HOST}", "-ext", "bc:c", "-keyalg", "RSA")
    for command in (
        ("-genkeypair", *store, *owner),
        ("-exportcert", *store, "-rfc", "-file", str(certificate)),
    ):
        subprocess.run(
            [Path(java()).resolve().with_name("keytool"), *command], check=True, capture_output=True
        )
