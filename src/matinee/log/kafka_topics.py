"""The topics of a Matinee on Kafka's brokers: made where they are missing, and how far each reaches."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from matinee.errors import LogError, SettingError
from matinee.log.partitions import NAMES, KafkaPlace, Part, index_of
from matinee.urls import mask

ERASURES = "matinee-erasures"
"""The topic of what was erased: of each user, as a digest, up to which position."""
_MOVIES = "movies"
ADVICE = "see that its brokers run"
_DAY = 86_400_000
_SETTLE_SECONDS = 30.0
"""For so long topics that were just made may be unknown to the brokers."""
_SECONDS = 10.0
"""How long a broker has to answer; one that refuses to be connected to is an error at once."""
_PATIENCE = {
    KafkaError.UNKNOWN_TOPIC_OR_PART: _SETTLE_SECONDS,
    KafkaError.UNKNOWN_TOPIC_ID: _SETTLE_SECONDS,
    KafkaError.LEADER_NOT_AVAILABLE: _SETTLE_SECONDS,
    KafkaError.NOT_LEADER_FOR_PARTITION: _SECONDS,
    KafkaError.UNKNOWN_LEADER_EPOCH: _SECONDS,
    KafkaError.FENCED_LEADER_EPOCH: _SECONDS,
    KafkaError.OFFSET_NOT_AVAILABLE: _SECONDS,
}
"""For how long what passes by itself is asked again: what is said of new topics, and as brokers return."""

T = TypeVar("T")


class Broker:
    """What is asked of the brokers besides messages. Every method raises LogError when they do not answer."""

    def __init__(self, url: str, place: KafkaPlace) -> None:
        """Connect; `prepare` comes before all other questions but `has_topics`."""
        self._url = mask(url)
        self.place = place
        self._said: str | None = None
        self.erasures = TopicPartition(place.topic(ERASURES), 0)
        with self.errors("cannot be opened"):
            self._admin = AdminClient(self.settings(), logger=quiet)
        self.parts: list[Part] = []

    def prepare(self) -> None:
        """Make the topics that are missing, and learn how many partitions each has."""
        with self.errors("cannot be opened"):
            self._make()
            self.parts = self._partitions()

    def has_topics(self) -> bool:
        """Whether all topics are there, without making any."""
        with self.errors("cannot be asked for its topics"):
            return not self._missing()

    def settings(self, **more: Any) -> dict[str, Any]:
        """The settings of a client of these brokers, those of the URL over ours."""
        return {
            "bootstrap.servers": self.place.servers,
            "client.id": "matinee",
            "error_cb": self._hear,
            "socket.connection.setup.timeout.ms": 3_000,
            "reconnect.backoff.max.ms": 1_000,
            "topic.metadata.refresh.interval.ms": 60_000,
            **more,
            **self.place.client,
        }

    @contextmanager
    def errors(self, what: str) -> Iterator[None]:
        """Turn every failure of the client inside into a LogError that says what to do."""
        try:
            yield
        except RuntimeError as error:
            raise LogError(f"log {self._url} {what}: it is closed; open it again") from error
        except TimeoutError as error:
            raise self.error(f"{what}: they do not answer; {ADVICE}") from error
        except KafkaException as error:
            fault = error.args[0]
            if isinstance(fault, KafkaError) and fault.code() == KafkaError._INVALID_ARG:
                raise SettingError(f"log {self._url}: {fault.str()}; see its query") from error
            said = fault.str() if isinstance(fault, KafkaError) else str(fault)
            raise self.error(f"{what}: {said}; {advice_of(fault)}") from error

    def error(self, what: str) -> LogError:
        """The error that says `what`, and what the client last heard of its brokers."""
        return LogError(f"log {self._url} {what}" + (f" ({self._said})" if self._said else ""))

    def ends(self, *, committed: bool = True) -> dict[Part, int]:
        """The offset of the next message of every partition, up to where readers are given them.

        That is before a producer's transaction that is still open; else, unless `committed`, the very end.
        """
        with self.errors("cannot be asked for its end"):
            wanted = [self.topic_partition(part) for part in self.parts]
            found = self._offsets(wanted, OffsetSpec.latest(), committed=committed)
        return dict(zip(self.parts, found, strict=True))

    def starts(self) -> dict[Part, int]:
        """The offset of the oldest message of every partition that is still there."""
        with self.errors("cannot be asked for its start"):
            found = self._offsets([self.topic_partition(part) for part in self.parts], OffsetSpec.earliest())
        return dict(zip(self.parts, found, strict=True))

    def erasures_end(self) -> int:
        """The offset of the next message of what was erased."""
        with self.errors("cannot be asked for its erasures"):
            return self._offsets([self.erasures], OffsetSpec.latest())[0]

    def topic_partition(self, part: Part) -> TopicPartition:
        """What the client calls this partition."""
        return TopicPartition(self.place.topic(part.topic), part.number)

    def names(self) -> dict[str, str]:
        """The topic of each name that the brokers know."""
        return {self.place.topic(name): name for name in NAMES}

    def _hear(self, error: KafkaError) -> None:
        self._said = error.str()

    def _offsets(
        self, wanted: list[TopicPartition], which: OffsetSpec, *, committed: bool = True
    ) -> list[int]:
        """By a new client after a failure: one that lost its brokers goes by the leaders of before."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED

        def ask() -> list[int]:
            try:
                futures = self._admin.list_offsets(
                    dict.fromkeys(wanted, which), isolation_level=level, request_timeout=_SECONDS
                )
                found = [futures[each].result(_SECONDS + 1).offset for each in wanted]
            except (KafkaException, TimeoutError):
                self._admin = AdminClient(self.settings(), logger=quiet)
                raise
            if min(found, default=0) < 0:  # so the client says, without an error, that a broker just went
                raise KafkaException(KafkaError(KafkaError._TRANSPORT, "the connection was lost"))
            return found

        return _patiently(ask)

    def _make(self) -> None:
        """1. See which topics there are. 2. Make the others; somebody else may be quicker."""
        missing = self._missing()
        for future in self._admin.create_topics(missing).values() if missing else ():
            _unless_there(future)

    def _missing(self) -> list[NewTopic]:
        there = self._admin.list_topics(timeout=_SECONDS).topics
        return [topic for topic in self._wanted() if topic.topic not in there]

    def _wanted(self) -> Iterable[NewTopic]:
        """What users did is kept for some days, for it is in the lake; of movies the last event each."""
        days = {"retention.ms": str(self.place.days * _DAY), "segment.ms": str(_DAY)}
        latest = {"cleanup.policy": "compact", "min.compaction.lag.ms": str(self.place.days * _DAY)}
        for name in NAMES:
            config = latest if name == _MOVIES else days
            yield NewTopic(self.place.topic(name), self.place.partitions, config=config)
        yield NewTopic(self.place.topic(ERASURES), 1, config={"cleanup.policy": "compact"})

    def _partitions(self) -> list[Part]:
        def ask() -> list[Part]:
            found = self._admin.list_topics(timeout=_SECONDS).topics
            parts = []
            for topic, name in self.names().items():
                if topic not in found or not found[topic].partitions:
                    raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, topic))
                parts += [Part(name, number) for number in found[topic].partitions]
            return sorted(parts, key=index_of)

        return _patiently(ask)


def advice_of(fault: object) -> str:
    """What to do about what the client says."""
    if isinstance(fault, KafkaError) and fault.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return "make it smaller, or have message.max.bytes allow it, of the brokers and in the log's URL"
    return ADVICE


def _unless_there(made: "Future[None]") -> None:
    try:
        made.result(_SETTLE_SECONDS)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def _patiently(ask: Callable[[], T]) -> T:
    """What `ask` returns, once the brokers know the topics, or are known again after they were gone."""
    began = time.monotonic()
    while True:
        try:
            return ask()
        except KafkaException as error:
            if time.monotonic() - began > _PATIENCE.get(error.args[0].code(), 0.0):
                raise
            time.sleep(0.05)


def _quiet() -> logging.Logger:
    """Where the client's own lines go: to nobody, since every failure is told as an error of ours."""
    logger = logging.getLogger("matinee.kafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


quiet = _quiet()
