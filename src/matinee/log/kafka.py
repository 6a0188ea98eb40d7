"""The log on Kafka: a topic for each kind of event, users' events kept in order by their key."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from matinee.errors import LogError
from matinee.log.base import Appended, Batch, Position, Record, is_of
from matinee.log.fetched import FetchedBatch
from matinee.log.group import Group
from matinee.log.kafka_tail import Tail, erasure_key
from matinee.log.kafka_topics import ADVICE, Broker, advice_of, quiet
from matinee.log.partitions import APPENDED, ID, KafkaPlace, index_of, position_of

_ACKNOWLEDGE_SECONDS = 20.0
"""How long the brokers have to acknowledge what is sent."""
_SECONDS = 10.0
"""How long they have to give what they say is there."""
_READ_SECONDS = 3.0
_ASK_SECONDS = 1.0
"""How often one who waits asks the brokers, whom else nobody would miss."""
_POLL_SECONDS = (0.0005, 0.002)
"""How often `wait` looks for what has come: at first, and after a while."""
_TAILS = 3
"""Readers at different places at once."""
_WAITING = 200_000
"""Entries that may wait for a reader while more is appended."""
_BEHIND = 50_000
"""A reader so far behind the end is not asked which ids are known."""
_CHUNK = 10_000

Headers = list[tuple[str, str | bytes | None]]


class _Message(NamedTuple):
    """A record as it is sent."""

    id: bytes
    topic: str
    key: bytes
    value: bytes


_new_message = partial(tuple.__new__, _Message)
"""_Message() itself takes twice as long."""


class KafkaLog:
    """A log in topics of the brokers that `url` names; see `KafkaPlace` for what it can say.

    A position has a number for each partition of each topic (see `partitions`). An append is acknowledged
    when all in-sync replicas have it. An id that comes again within `window` messages of its partition is
    one entry, whoever sent it and wherever reading began.
    """

    repeats = True

    def __init__(self, url: str) -> None:
        self._broker = Broker(url, KafkaPlace.of(url))
        self._broker.prepare()
        self.partitions = max(map(index_of, self._broker.parts)) + 1
        self._tails: list[Tail] = []
        self._producer: Producer | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._group: Group[list[_Message], Appended] = Group(self._commit)
        self._grown = threading.Condition()

    @staticmethod
    def is_there(url: str) -> bool:
        """Whether to open the log at `url` makes nothing: it has all its topics."""
        return Broker(url, KafkaPlace.of(url)).has_topics()

    def append(self, records: Sequence[Record]) -> Appended:
        """Make `records` durable, each id once; return when all in-sync replicas have them.

        What was appended can then be read here at once. An append of none makes ready for the first, which
        else waits half a second until the brokers know this producer. Raises LogError when the brokers do
        not acknowledge all in time: some may be kept, and a repeat with the same ids keeps them single.
        """
        if not records:
            self._producer = self._producer or self._made()
            return Appended(self.end(), ())
        appended = self._group(_encoded(records))
        with self._grown:
            self._grown.notify_all()
        return appended

    def read(self, after: Position, limit: int) -> Batch:
        """At most `limit` entries behind `after`, each partition in order; none when there are no more.

        Raises LogError when the brokers do not answer, have removed what follows `after`, or end before it.
        """
        while True:
            tail = self._used(after)
            if after.reaches(tail.position) and after.reaches(tail.end) and after.reaches(tail.hear()):
                return FetchedBatch([], after)
            if tail.gave(after):
                tail.learn_erasures(_READ_SECONDS)  # others may have erased of it since
            came = tail.pump(tail.end, _READ_SECONDS, enough=limit)
            batch = tail.take(after, limit)
            if batch is None:  # who appended had no room for what nobody read
                continue
            if len(batch) or limit < 1:
                return batch
            if not came:
                raise self._silent()
            after = batch.position  # all that was fetched were repeats, or had been erased

    def end(self) -> Position:
        """The position behind everything that readers are given. Raises LogError without an answer."""
        with self._lock:
            self._refuse_closed()
        return position_of(self._broker.ends())

    def at_hand(self) -> Position:
        """Up to where this process has fetched, which asks nobody.

        While somebody waits here, that is what others appended until a few milliseconds ago.
        """
        tail = self._foremost()
        return Position() if tail is None else tail.position

    def wait(self, after: Position, timeout: float) -> bool:
        """Wait until something behind `after` is at hand, at most `timeout` seconds; whether it is.

        Raises LogError when the brokers do not answer, or do not give what they say is there.
        """
        tail, deadline, pause = self._used(after), time.monotonic() + timeout, _POLL_SECONDS[0]
        while after.reaches(tail.position):
            if not timeout or time.monotonic() - tail.heard > _ASK_SECONDS:
                tail.hear()
            if not after.reaches(tail.end):
                if not tail.pump(tail.end, _READ_SECONDS, enough=1):
                    raise self._silent()
            elif time.monotonic() >= deadline:
                return False
            else:
                tail.look()
                with self._grown:
                    self._grown.wait(pause)
                pause = min(pause * 1.1, _POLL_SECONDS[1])
        return True

    def erase(self, keys: Iterable[str], until: Position) -> int:
        """Give to nobody any more what users of these keys did up to `until`; return how many records.

        Kafka removes no single message: the disks are rid of them when the days of their topic are over.
        1. Count them. 2. Write for each user, as a digest, up to where nothing is given. 3. Heed it here.
        """
        wanted = set(keys)
        _encoded([Record("", key, "", b"") for key in wanted])  # which refuses what is no text
        found = self._found(wanted, until)
        if found:
            topic, told = self._broker.erasures.topic, str(until).encode()
            self._send((topic, erasure_key(key), told, []) for key in found)
            with self._lock:
                tails = list(self._tails)
            for tail in tails:
                tail.learn_erasures(_SECONDS)
        return sum(found.values())

    def close(self) -> None:
        """Release what is held; the log can be opened again."""
        with self._lock:
            self._closed = True
            tails, self._tails = self._tails, []
        for tail in tails:
            tail.close()

    # Appending

    def _commit(self, appends: list[list[_Message]]) -> list[Appended]:
        """Append a group.

        1. Learn what others appended. 2. Drop what is known. 3. Send the rest, and wait until all in-sync
        replicas have it. 4. Fetch it, so that it can be read.
        """
        tail = self._learning()
        self._catch_up(tail)
        known = tail.known([message.id for messages in appends for message in messages])
        fresh: dict[bytes, _Message] = {}
        duplicates = [_sift(messages, known, fresh) for messages in appends]
        if fresh:
            moment = (APPENDED, str(time.time_ns() // 1000).encode())
            topics = {topic: self._broker.place.topic(topic) for topic in {m.topic for m in fresh.values()}}
            self._send(
                (topics[topic], key, value, [(ID, id_), moment]) for id_, topic, key, value in fresh.values()
            )
        position = self._catch_up(tail)
        if len(tail.known(fresh)) < len(fresh):
            # They are behind a transaction of somebody that is still open.
            position = position_of(self._broker.ends(committed=False))
        return [Appended(position, indices) for indices in duplicates]

    def _learning(self) -> Tail:
        """A reader near the end, which knows the ids."""
        with self._lock:
            self._refuse_closed()
            tail = self._foremost()
            if tail is not None and sum(tail.end) - sum(tail.position) < _BEHIND:
                return tail
        return self._tail(position_of(self._broker.ends()))

    def _catch_up(self, tail: Tail) -> Position:
        """Have `tail` fetch all there is; return up to where. What nobody takes is not kept for them."""
        position = tail.hear()
        if not tail.pump(position, _SECONDS):
            raise self._silent()
        if not tail.used:
            tail.drop()
        elif len(tail) > _WAITING:
            self._let_take(tail)
        return position

    def _let_take(self, tail: Tail) -> None:
        """Wait for whoever takes from `tail`; one who does so no more finds its place again by itself."""
        while len(tail) > _WAITING:
            if time.monotonic() - tail.used > _SECONDS:
                tail.drop()
            time.sleep(_POLL_SECONDS[1])

    def _send(self, messages: Iterable[tuple[str, bytes, bytes, Headers]]) -> None:
        """Send what is topic, key, value and headers each, and return once all are acknowledged.

        Raises LogError if one is not; then the producer is made anew.
        """
        failed: list[KafkaError] = []

        def heard(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failed.append(error)

        producer = self._producer or self._made()
        produce = partial(producer.produce, on_delivery=heard)
        with self._broker.errors("cannot be written"):
            for topic, key, value, headers in messages:
                while True:
                    try:
                        produce(topic, value, key, headers=headers)
                        break
                    except BufferError:
                        producer.poll(_POLL_SECONDS[1])
            left = producer.flush(2 * _ACKNOWLEDGE_SECONDS)
        if failed or left:
            self._producer = None
            said = failed[0].str() if failed else f"{left} are not acknowledged"
            advice = advice_of(failed[0] if failed else None)
            raise self._broker.error(
                f"did not keep all of an append: {said}; {advice}, and repeat it: its ids keep it single"
            )

    def _made(self) -> Producer:
        with self._broker.errors("cannot be written"):
            self._producer = Producer(
                self._broker.settings(
                    **{
                        "enable.idempotence": True,
                        "acks": "all",
                        "compression.type": "lz4",
                        "linger.ms": 100,  # `flush` waits for none: a group commit is one batch a partition
                        "partitioner": "murmur2_random",  # as Java's producers place keys
                        "message.timeout.ms": int(_ACKNOWLEDGE_SECONDS * 1000),
                        "delivery.report.only.error": True,
                        "queue.buffering.max.messages": 1_000_000,
                    }
                ),
                logger=quiet,
            )
        return self._producer

    # Reading

    def _tail(self, after: Position) -> Tail:
        """A reader at `after`: one that is there, or a new one in place of that used longest ago."""
        with self._lock:
            self._refuse_closed()
            for broken in [tail for tail in self._tails if not tail.whole]:
                self._tails.remove(broken)
                broken.close()
            for tail in self._tails:
                if tail.reaches(after):
                    return tail
            if len(self._tails) == _TAILS:
                oldest = min(self._tails, key=lambda tail: tail.used)
                self._tails.remove(oldest)
                oldest.close()
            self._tails.append(Tail(self._broker, after))
            return self._tails[-1]

    def _used(self, after: Position) -> Tail:
        """The reader at `after`, which is needed from now on."""
        tail = self._tail(after)
        tail.used = time.monotonic()
        return tail

    def _foremost(self) -> Tail | None:
        whole = (tail for tail in self._tails if tail.whole)
        return max(whole, key=lambda tail: (sum(tail.position), tail.used), default=None)

    def _found(self, keys: set[str], until: Position) -> Counter[str]:
        """How many records of each user there are up to `until`."""
        found: Counter[str] = Counter()
        position = Position()
        tail = Tail(self._broker, position)
        try:
            while not position.reaches(until):
                batch = tail.take(position, _CHUNK) if tail.pump(until, _SECONDS, enough=1) else None
                if batch is None:
                    raise self._silent()
                position = batch.position
                found.update(
                    entry.key
                    for entry in batch.entries
                    if entry.partition < len(until)
                    and entry.offset <= until[entry.partition]
                    and is_of(entry, keys)
                )
        finally:
            tail.close()
        return found

    def _silent(self) -> LogError:
        return self._broker.error(f"does not give what is there; {ADVICE}")

    def _refuse_closed(self) -> None:
        if self._closed:
            raise LogError("the log is closed; open it again")


def _encoded(records: Sequence[Record]) -> list[_Message]:
    try:
        for topic in {record.topic for record in records}:
            topic.encode()
        return [
            _new_message((id_.encode(), topic, key.encode(), value)) for topic, key, id_, value in records
        ]
    except UnicodeEncodeError as error:
        raise LogError(f"a record has {error.object!r:.80}, which is not text; send valid Unicode") from error


def _sift(messages: list[_Message], known: set[bytes], fresh: dict[bytes, _Message]) -> tuple[int, ...]:
    """Add what is not known to `fresh`; return the indices of the rest."""
    duplicates = []
    for index, message in enumerate(messages):
        if message.id in fresh or message.id in known:
            duplicates.append(index)
        else:
            fresh[message.id] = message
    return tuple(duplicates)
