"""What Spark must be told of Kafka, in its own words; and what a broker says of itself to Spark's JVM."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matinee.log.base import ENTRIES
from matinee.log.partitions import APPENDED, ID, MOST_DIGITS, NAMES, KafkaPlace, Part

_SECONDS = 30
_LOGINS = {"PLAIN": "plain.PlainLoginModule", "SCRAM": "scram.ScramLoginModule"}
_CONTENT = {"ssl.certificate.location": "certificate.chain", "ssl.key.location": "key"}


def java_settings(place: KafkaPlace) -> dict[str, str]:
    """The settings of Kafka's Java client that say what those of `place` say to librdkafka.

    Certificates and keys are PEM files, the key in PKCS 8. What has the same name in both is passed on. Like
    librdkafka, and unlike Java's client by itself, it reads of transactions what was committed.
    """
    given = dict(place.client)
    made = {"bootstrap.servers": place.servers, "isolation.level": "read_committed"}
    mechanism = given.pop("sasl.mechanisms", None) or given.pop("sasl.mechanism", None)
    user, password = given.pop("sasl.username", None), given.pop("sasl.password", "")
    if mechanism:
        made["sasl.mechanism"] = mechanism
    if user is not None:
        login = _LOGINS.get((mechanism or "PLAIN").partition("-")[0], _LOGINS["PLAIN"])
        made["sasl.jaas.config"] = (
            f"org.apache.kafka.common.security.{login} required "
            f"username={_quoted(user)} password={_quoted(password)};"
        )
    if authority := given.pop("ssl.ca.location", None):
        made |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": authority}
    for name, content in _CONTENT.items():
        if file := given.pop(name, None):
            made |= {"ssl.keystore.type": "PEM", f"ssl.keystore.{content}": Path(file).read_text("ascii")}
    if given.get("ssl.endpoint.identification.algorithm") == "none":
        given["ssl.endpoint.identification.algorithm"] = ""
    return made | given


def _quoted(text: str) -> str:
    """As JAAS has it, which knows no escapes of Unicode."""
    return json.dumps(text, ensure_ascii=False)


def offsets_json(place: KafkaPlace, offsets: Mapping[Part, int]) -> str:
    """How Spark is told where to begin or to end."""
    topics: dict[str, dict[str, int]] = {}
    for part, offset in offsets.items():
        topics.setdefault(place.topic(part.topic), {})[str(part.number)] = offset
    return json.dumps(topics)


def entries_sql(place: KafkaPlace) -> list[str]:
    """The columns of ENTRIES out of what Spark reads; key and id still as bytes.

    What other producers sent has no headers of ours: no id, and the moment that Kafka has.
    """
    topics = ", ".join(f"'{topic}'" for topic in place.topics)
    names = ", ".join(f"'{name}'" for name in NAMES)
    index = f"cast(array_position(array({topics}), topic) as int)"
    moment = f"cast({_header(APPENDED)} as string)"
    form = f"'^[0-9]{{1,{MOST_DIGITS}}}\\\\z'"
    said = f"if({moment} rlike {form}, timestamp_micros(try_cast({moment} as bigint)), null)"
    made = {
        "partition": f"cast(partition * {len(NAMES)} + {index} - 1 as int)",
        "offset": "offset + 1",
        "appended": f"coalesce({said}, timestamp)",
        "topic": f"element_at(array({names}), {index})",
        "key": "coalesce(key, x'')",
        "id": f"coalesce({_header(ID)}, x'')",
        "value": "coalesce(value, x'')",
    }
    return [f"{made[name]} as `{name}`" for name in ENTRIES.names]


def _header(name: str) -> str:
    """The last of that name, as the log has it."""
    return f"try_element_at(filter(headers, each -> each.key = '{name}'), -1).value"


class JavaBroker:
    """The Kafka at `place`, asked through `jvm`, which has Kafka's client. Raises LogError."""

    def __init__(self, jvm: Any, place: KafkaPlace) -> None:
        self._jvm = jvm
        self._place = place

    def ends(self) -> tuple[dict[Part, int], dict[Part, int]]:
        """Of each partition of each topic the offset of the first message, and of the next one to come."""
        properties = self._jvm.java.util.Properties()
        for name, value in java_settings(self._place).items():
            properties.setProperty(name, value)
        admin = self._jvm.org.apache.kafka.clients.admin.Admin.create(properties)
        try:
            parts = self._parts(admin)
            spec = self._jvm.org.apache.kafka.clients.admin.OffsetSpec
            return self._offsets(admin, parts, spec.earliest()), self._offsets(admin, parts, spec.latest())
        finally:
            admin.close()

    def _parts(self, admin: Any) -> list[Part]:
        topics = self._jvm.java.util.ArrayList()
        for topic in self._place.topics:
            topics.add(topic)
        described = self._answer(admin.describeTopics(topics).allTopicNames())
        return [
            Part(name, number)
            for name in NAMES
            for number in range(described.get(self._place.topic(name)).partitions().size())
        ]

    def _offsets(self, admin: Any, parts: list[Part], spec: Any) -> dict[Part, int]:
        asked = self._jvm.java.util.HashMap()
        places = {part: self._java(part) for part in parts}
        for place in places.values():
            asked.put(place, spec)
        told = self._answer(admin.listOffsets(asked).all())
        return {part: told.get(place).offset() for part, place in places.items()}

    def _java(self, part: Part) -> Any:
        return self._jvm.org.apache.kafka.common.TopicPartition(self._place.topic(part.topic), part.number)

    def _answer(self, future: Any) -> Any:
        return future.get(_SECONDS, self._jvm.java.util.concurrent.TimeUnit.SECONDS)
