"""Topics of a test's own on a real broker, and entries as messages."""

import itertools
import os
from collections.abc import Sequence

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from matinee.log.base import Entry
from matinee.log.partitions import APPENDED, ID, KafkaPlace, part_of

_NUMBERS = itertools.count()


def place_at(address: str, partitions: int = 1, retention_ms: int = -1) -> KafkaPlace:
    """New topics, of a prefix that no other test has."""
    place = KafkaPlace(address, f"stream{os.getpid()}-{next(_NUMBERS)}", partitions)
    config = {"retention.ms": str(retention_ms)}
    topics = [NewTopic(topic, partitions, 1, config=config) for topic in place.topics]
    client = AdminClient({"bootstrap.servers": address})
    for made in client.create_topics(topics).values():
        made.result(60)
    return place


def producer(place: KafkaPlace, **more: str) -> Producer:
    settings = {"bootstrap.servers": place.servers, "enable.idempotence": True, "acks": "all", "log_level": 0}
    return Producer(settings | more)


def send(place: KafkaPlace, entries: Sequence[Entry]) -> None:
    """Append `entries`, each to its partition, as Matinee does; return when they are durable."""
    sending = producer(place)
    for entry in entries:
        part = part_of(entry.partition)
        sending.produce(
            place.topic(part.topic),
            entry.value,
            entry.key,
            part.number,
            headers=[(ID, entry.id.encode()), (APPENDED, str(entry.appended).encode())],
        )
    assert sending.flush(60) == 0


def remove_before(place: KafkaPlace, name: str, offset: int) -> None:
    """Let the broker remove what the first partition of a topic has before `offset`, as retention does."""
    client = AdminClient({"bootstrap.servers": place.servers})
    gone = TopicPartition(place.topic(name), 0, offset)
    client.delete_records([gone])[gone].result(60)  # which comes while there is the client
