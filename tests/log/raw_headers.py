"""Sends headers whose names are bytes, as producers in C do: Python's client sends names that are text."""

import ctypes
from pathlib import Path
from typing import Any

import confluent_kafka

[_FILE] = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka*")
_PRODUCER, _END, _TOPIC, _COPY, _VALUE, _HEADER = 0, 0, 1, 7, 4, 9
_TO_BE_COPIED = 2


def send(servers: str, topic: str, value: bytes, header: tuple[bytes, bytes]) -> None:
    """Send one message, and return once the broker has it."""
    client = ctypes.CDLL(str(_FILE))
    client.rd_kafka_new.restype = client.rd_kafka_conf_new.restype = ctypes.c_void_p
    said = ctypes.create_string_buffer(512)
    conf = ctypes.c_void_p(client.rd_kafka_conf_new())
    assert client.rd_kafka_conf_set(conf, b"bootstrap.servers", servers.encode(), said, 512) == 0
    producer = ctypes.c_void_p(client.rd_kafka_new(_PRODUCER, conf, said, 512))
    name, content = header
    message: list[tuple[Any, ...]] = [
        (_TOPIC, ctypes.c_char_p(topic.encode())),
        (_COPY, ctypes.c_int(_TO_BE_COPIED)),
        (_VALUE, ctypes.c_char_p(value), ctypes.c_size_t(len(value))),
        (_HEADER, ctypes.c_char_p(name), ctypes.c_char_p(content), ctypes.c_ssize_t(len(content))),
    ]
    words = [word for tag, *rest in message for word in (ctypes.c_int(tag), *rest)]
    assert client.rd_kafka_producev(producer, *words, ctypes.c_int(_END)) == 0
    assert client.rd_kafka_flush(producer, 30_000) == 0
    client.rd_kafka_destroy(producer)
