"""What Spark is told of Kafka."""

import json
from pathlib import Path

import pytest

from matinee.log.partitions import KafkaPlace, Part
from matinee.stream.broker import java_settings, offsets_json

LIKES, MOVIES = Part("movie-likes", 0), Part("movies", 1)
PLACE = KafkaPlace.of("kafka://a:1/prod")


@pytest.mark.parametrize(
    ("mechanism", "login"),
    [("PLAIN", "plain.PlainLoginModule"), ("SCRAM-SHA-512", "scram.ScramLoginModule")],
)
def test_a_login_is_told_in_javas_words(mechanism: str, login: str):
    url = f'kafka://me:"miné"@a:1?security.protocol=SASL_SSL&sasl.mechanism={mechanism}'
    made = java_settings(KafkaPlace.of(url))
    assert made["sasl.mechanism"] == mechanism
    assert login in made["sasl.jaas.config"]
    assert 'username="me" password="\\"miné\\"";' in made["sasl.jaas.config"]
    assert (made["security.protocol"], made["bootstrap.servers"]) == ("SASL_SSL", "a:1")
    assert not any(name in made for name in ("sasl.username", "sasl.password"))


def test_certificates_are_pem_files(tmp_path: Path):
    for name in ("cert", "key"):
        (tmp_path / name).write_text(f"the {name}")
    query = (
        f"ssl.ca.location=/ca.pem&ssl.certificate.location={tmp_path}/cert&ssl.key.location={tmp_path}/key"
    )
    made = java_settings(KafkaPlace.of(f"kafka://a:1?{query}&ssl.endpoint.identification.algorithm=none"))
    assert made == {
        "bootstrap.servers": "a:1",
        "isolation.level": "read_committed",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "/ca.pem",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "the cert",
        "ssl.keystore.key": "the key",
        "ssl.endpoint.identification.algorithm": "",
    }


def test_what_of_transactions_is_read_may_be_said():
    made = java_settings(KafkaPlace.of("kafka://a:1?isolation.level=read_uncommitted"))
    assert made["isolation.level"] == "read_uncommitted"


def test_offsets_name_topics_as_the_broker_does():
    told = json.loads(offsets_json(PLACE, {LIKES: 3, MOVIES: 0}))
    assert told == {"prod.movie-likes": {"0": 3}, "prod.movies": {"1": 0}}
