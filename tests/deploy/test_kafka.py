"""A real Kafka: it takes messages, keeps them over kill -9, and has none but the topics that were made."""

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

TOPIC = "deploy"


def append(address: str, *values: str) -> None:
    producer = Producer({"bootstrap.servers": address, "acks": "all", "enable.idempotence": True})
    for value in values:
        producer.produce(TOPIC, value)
    assert producer.flush(30) == 0


def make_topic(address: str) -> None:
    client = AdminClient({"bootstrap.servers": address})
    client.create_topics([NewTopic(TOPIC, 1)])[TOPIC].result(30)


def values(address: str, count: int) -> list[str]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "deploy"})
    try:
        consumer.assign([TopicPartition(TOPIC, 0, 0)])
        messages = consumer.consume(count, 30)
        return [(message.value() or b"").decode() for message in messages]
    finally:
        consumer.close()


def test_what_it_took_is_there_after_a_kill_at_the_same_address(own_server):
    broker = own_server("kafka")
    make_topic(broker.address)
    append(broker.address, "one", "two")
    address = broker.address
    broker.kill()
    assert broker.running.pid is None
    broker.start()
    assert broker.address == address
    append(address, "three")
    assert values(address, 3) == ["one", "two", "three"]


def test_a_mistyped_topic_is_an_error(kafka):
    client = AdminClient({"bootstrap.servers": kafka.address})
    assert client.list_topics("tpyo", timeout=10).topics["tpyo"].error
    assert "tpyo" not in client.list_topics(timeout=10).topics
