"""What Spark is told of Kafka."""

import json
from pathlib import Path

import pytest

from matinee.errors import LogError
from matinee.log.partitions import KafkaPlace, Part
from matinee.stream.broker import checked, java_settings, offsets_json

LIKES, MOVIES = Part("movie-likes", 0), Part("movies", 1)
PLACE = KafkaPlace.of("kafka://a:1/prod")


@pytest.mark.parametrize(
    ("mechanism", "login"),
    [("PLAIN", "plain.PlainLoginModule"), ("SCRAM-SHA-512", "scram.ScramLoginModule")],
)
def test_a_login_is_told_in_javas_words(mechanism: str, login: str):
    url = f'kafka://me:"mine"@a:1?security.protocol=SASL_SSL&sasl.mechanism={mechanism}'
    made = java_settings(KafkaPlace.of(url))
    assert made["sasl.mechanism"] == mechanism
    assert login in made["sasl.jaas.config"]
    assert 'username="me" password="\\"mine\\"";' in made["sasl.jaas.config"]
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
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "/ca.pem",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "the cert",
        "ssl.keystore.key": "the key",
        "ssl.endpoint.identification.algorithm": "",
    }


def test_offsets_name_topics_as_the_broker_does():
    told = json.loads(offsets_json(PLACE, {LIKES: 3, MOVIES: 0}))
    assert told == {"prod.movie-likes": {"0": 3}, "prod.movies": {"1": 0}}


def test_a_start_is_what_the_lake_asks_for_or_what_there_is():
    ends = {LIKES: 5, MOVIES: 2}, {LIKES: 9, MOVIES: 2}
    assert checked(PLACE, {LIKES: 7}, ends) == {LIKES: 7, MOVIES: 2}


def test_what_is_lost_is_named():
    ends = {LIKES: 5, MOVIES: 0}, {LIKES: 9, MOVIES: 2}
    with pytest.raises(LogError, match=r"offsets 3 to 4 of prod.movie-likes/0.*gaps=accept"):
        checked(PLACE, {LIKES: 3}, ends)
    assert checked(KafkaPlace.of("kafka://a:1?gaps=accept"), {LIKES: 3}, ends)[LIKES] == 5
    with pytest.raises(LogError, match=r"ends at offset 9 of prod.movie-likes/0.*lost its end"):
        checked(PLACE, {LIKES: 10}, ends)
    with pytest.raises(LogError, match=r"ends at offset 0 of prod.movies/7"):
        checked(PLACE, {Part("movies", 7): 10}, ends)
