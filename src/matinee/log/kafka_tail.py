"""A reader of all partitions at once, from a position on: each id once, without what was erased."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from operator import methodcaller
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from matinee.errors import EventError
from matinee.log.base import Position, is_of
from matinee.log.fetched import Fetched, FetchedBatch, is_text, new_fetched
from matinee.log.gaps import check_end, checked, gap
from matinee.log.ids import digests_of
from matinee.log.kafka_topics import ADVICE, Broker, quiet
from matinee.log.partitions import (
    APPENDED,
    ID,
    MOST_DIGITS,
    Part,
    index_of,
    next_offsets,
    part_of,
    position_at,
)
from matinee.log.plain_messages import read_message
from matinee.log.window import Window
from matinee.telemetry import get_logger

_logger = get_logger("log")
_AT_ONCE = 1_000
"""Messages taken from the client at once."""
_LOOK = 0.001
"""Seconds that one look waits for messages, and so others for the lock at most."""
_SECONDS = 30.0
"""How long the erasures may take to be read at first."""

_ERASURES = -1
"""Stands for the partition of erasures among the others."""
_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
_PASSING = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._RESOLVE,
    KafkaError._TIMED_OUT,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
}
"""What the client mends by itself, once the brokers are back."""

Places = dict[int, int]
"""Of each partition, by its index in a position, an offset there."""


class Tail:
    """What follows a position. Safe for threads.

    `pump` fetches messages, and `take` gives them out as entries: between the two they wait in memory. What
    was taken last can be taken again.
    """

    def __init__(self, broker: Broker, after: Position) -> None:
        """Go to `after`, and a window before it to know the ids of there.

        Raises LogError when messages behind it are gone, and when it is beyond the end.
        """
        self._broker = broker
        self._parts = {index_of(part): broker.topic_partition(part) for part in broker.parts}
        self._indices: dict[tuple[str | None, int | None], int] = {
            (part.topic, part.partition): index for index, part in self._parts.items()
        }
        self._indices[broker.erasures.topic, broker.erasures.partition] = _ERASURES
        self._topics = {index: part_of(index).topic for index in self._parts}
        self._window = Window(broker.place.window)
        self._erasures: dict[bytes, Position] = {}
        self._erasures_next = 0
        self._waiting: deque[Fetched] = deque()
        self._lock = threading.Lock()
        self._ends: Places = {}
        self._next: Places = {}
        self.whole = True
        """Whether nothing that it fetched was lost by an error; else it is of no more use."""
        self.heard = 0.0
        """When the brokers were last asked for the ends."""
        self.hear()
        starts = broker.starts()
        self._served = self._before = self._readable(after, starts)
        self._given: list[Fetched] = []
        self._next = {index: self._window.start(offset) for index, offset in self._served.items()}
        self.used = 0.0
        """When somebody last read here; 0 while nobody has."""
        for part, start in starts.items():
            self._next[index_of(part)] = max(self._next[index_of(part)], start)
        self._consumer = self._assigned()

    # Where it is

    @property
    def position(self) -> Position:
        """Up to where it has fetched."""
        return position_at(self._fetched())

    def __len__(self) -> int:
        return len(self._waiting)

    def reaches(self, after: Position) -> bool:
        """Whether what follows `after` is to be taken here: not given out already, nor far from fetched."""
        fetched = self._fetched()
        return self.whole and all(
            self._before[i] <= offset <= fetched[i] for i, offset in self._places(after).items()
        )

    def gave(self, after: Position) -> bool:
        """Whether some of what follows `after` was given out already, and is given again."""
        return any(offset < self._served[index] for index, offset in self._places(after).items())

    @property
    def end(self) -> Position:
        """Up to where it has heard that there is something to fetch."""
        return position_at(self._ends)

    def hear(self) -> Position:
        """Ask the brokers where the partitions end; return that.

        Raises LogError when they do not answer, and when they end before what they gave already.
        """
        given = {part_of(index): at for index, at in self._next.items()}  # others fetch more meanwhile
        ends = self._broker.ends()
        check_end(self._broker.place, given, ends)
        self.heard = time.monotonic()
        self._ends = {index_of(part): offset for part, offset in ends.items()}
        return self.end

    def known(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of `ids` of which an entry was fetched, as far back as ids are known."""
        return self._window.known(ids)

    # Reading

    def pump(self, until: Position, timeout: float, enough: int = 2**62) -> bool:
        """Fetch up to `until` or until `enough` entries wait, for at most `timeout` seconds; whether it did.

        Raises LogError when the brokers have removed messages before they were read.
        """
        goal, deadline = self._places(until), time.monotonic() + timeout
        while len(self._waiting) < enough and any(self._next[index] < at for index, at in goal.items()):
            if time.monotonic() > deadline:
                return False
            with self._lock, self._broker.errors("cannot be read"):
                self._fetch()
        return True

    def learn_erasures(self, timeout: float) -> None:
        """Fetch everything that was erased up to now. Raises LogError when it does not come in time."""
        end, deadline = self._broker.erasures_end(), time.monotonic() + timeout
        while self._erasures_next < end:
            if time.monotonic() > deadline:
                raise self._broker.error(f"does not give its erasures; {ADVICE}")
            with self._lock, self._broker.errors("cannot be read"):
                self._fetch()

    def look(self) -> None:
        """Take from the client what has come by itself, without waiting."""
        with self._lock, self._broker.errors("cannot be read"):
            self._fetch(0)

    def take(self, after: Position, limit: int) -> FetchedBatch | None:
        """Of what was fetched at most `limit` entries behind `after`; None where that is not reached here."""
        with self._lock:
            if not self.reaches(after):
                return None
            places = self._places(after)
            if self.gave(after):
                self._waiting.extendleft(reversed(self._given))
            self._before = dict(places)
            taken = self._given = list(islice(self._behind(places), limit))
            for each in taken:
                places[each.partition] = each.offset
            if not self._waiting:
                places = {index: max(places[index], offset) for index, offset in self._fetched().items()}
            self._served = places
            return FetchedBatch(taken, position_at(places))

    def drop(self) -> None:
        """Forget what waits to be taken: whoever wants it goes there anew."""
        with self._lock:
            self._waiting.clear()
            self._given = []
            self._served = self._before = self._fetched()

    def close(self) -> None:
        """Let go of the brokers."""
        with self._lock:
            self._consumer.close()

    # Inside

    def _readable(self, after: Position, starts: Mapping[Part, int]) -> Places:
        """The places of `after`, from which reading can go on."""
        places = self._places(after)
        asked = {part_of(index): offset for index, offset in places.items() if offset}
        checked(self._broker.place, asked, (starts, {part_of(i): end for i, end in self._ends.items()}))
        return places

    def _assigned(self) -> Consumer:
        """A consumer that has read all erasures, and now reads messages."""
        consumer = self._consumer = Consumer(
            self._broker.settings(
                **{
                    "group.id": "matinee",  # the client wants one; no offsets are committed to it
                    "enable.auto.commit": False,
                    "enable.auto.offset.store": False,
                    "enable.partition.eof": True,
                    "auto.offset.reset": "error",
                    "fetch.error.backoff.ms": 100,
                    "fetch.queue.backoff.ms": 10,  # else a full queue is a second of rest
                    "queued.max.messages.kbytes": 65_536,
                }
            ),
            logger=quiet,
        )
        erasures = self._broker.erasures
        with self._broker.errors("cannot be read"):
            consumer.assign(
                [
                    TopicPartition(erasures.topic, erasures.partition, 0),
                    *(TopicPartition(p.topic, p.partition, self._next[i]) for i, p in self._parts.items()),
                ]
            )
        self.learn_erasures(_SECONDS)
        return consumer

    def _fetch(self, seconds: float = _LOOK) -> None:
        messages = self._consumer.consume(_AT_ONCE, seconds)
        try:
            for message in messages:
                error = message.error()
                if error is None:
                    self._receive(message)
                else:
                    self._heed(message, error)
        except BaseException:
            self.whole = False  # the client gives what came behind it to nobody any more
            raise

    def _heed(self, message: Message, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            self._pass(message)
        elif error.code() in _GONE:
            index = self._indices[message.topic(), message.partition()]
            raise gap(self._broker.place, {part_of(index): f"from {self._next[index]} on"})
        elif error.code() not in _PASSING:
            raise KafkaException(error)

    def _receive(self, message: Message) -> None:
        index, offset = self._indices[message.topic(), message.partition()], (message.offset() or 0) + 1
        if index == _ERASURES:
            self._erasures_next = offset
            self._learn_erasure(message)
            return
        self._next[index] = offset
        fetched = _fetched(message, self._topics[index], index, offset)
        if fetched.id and not self._window.is_first(index, offset, fetched.id):
            return
        if offset > self._served[index]:
            self._waiting.append(fetched)

    def _learn_erasure(self, message: Message) -> None:
        try:
            until = Position.parse(_bytes(message.value()).decode())
        except (EventError, UnicodeDecodeError):
            _logger.warning(
                "what is no erasure is passed over", topic=message.topic(), offset=message.offset()
            )
        else:
            self._erasures[_bytes(message.key())] = until

    def _pass(self, message: Message) -> None:
        """At its end, a partition may have more offsets than messages: marks of transactions are none."""
        index, offset = self._indices[message.topic(), message.partition()], message.offset() or 0
        if index == _ERASURES:
            self._erasures_next = max(self._erasures_next, offset)
        else:
            self._next[index] = max(self._next[index], offset)

    def _behind(self, places: Places) -> Iterator[Fetched]:
        """Take the entries that are behind these places and were not erased."""
        while self._waiting:
            each = self._waiting.popleft()
            if each.offset > places[each.partition] and not (self._erasures and self._is_erased(each)):
                yield each

    def _is_erased(self, fetched: Fetched) -> bool:
        entry = fetched.entry
        until = self._erasures.get(erasure_key(entry.key), Position())
        within = entry.partition < len(until) and entry.offset <= until[entry.partition]
        return within and is_of(entry, (entry.key,))

    def _fetched(self) -> Places:
        return {index: max(offset, self._served[index]) for index, offset in self._next.items()}

    def _places(self, position: Position) -> Places:
        if len(position) > max(self._parts, default=-1) + 1:
            raise self._broker.error(
                f"has {len(self._parts)} partitions, and {position} is of more; it was given by another log"
            )
        offsets = next_offsets(position, max(part.number for part in self._broker.parts) + 1)
        return {index_of(part): offset for part, offset in offsets.items() if index_of(part) in self._parts}


def erasure_key(user: str) -> bytes:
    """What an erasure is known by: a digest of the user, who shall be named nowhere."""
    return digests_of([user])[0]


def _fetched(message: Message, topic: str, index: int, offset: int) -> Fetched:
    """A message of ours, whose headers say more, or of another producer."""
    key, value = message.key(), message.value()
    try:
        headers = _ask_headers(message)  # once: after it has failed the client would crash at a second call
    except (UnicodeDecodeError, SystemError):  # one has a name that is no text: the client tells none of them
        headers = None
    # Ours in one look: that takes half as long.
    if isinstance(headers, list) and len(headers) == 2 and type(key) is type(value) is bytes:
        (first, id_), (second, appended) = headers
        if first == ID and second == APPENDED and type(id_) is type(appended) is bytes and id_.isascii():
            moment = _moment(appended)
            if moment is not None and id_:
                return new_fetched((index, offset, moment, topic, key, id_, value))
    return _of_others(message, headers, topic, index, offset)


_ask_headers = methodcaller("headers")
"""Where it fails the client sets an error and returns a broken list: a plain call, once the interpreter has
specialised it, looks for no error and goes on with the list."""


def _of_others(message: Message, told: Any, topic: str, index: int, offset: int) -> Fetched:
    headers = dict(told or ())
    value, key = _bytes(message.value()), _bytes(message.key())
    moment = _moment(_bytes(headers.get(APPENDED)))
    if moment is None:
        moment = message.timestamp()[1] * 1000
    own = _bytes(headers.get(ID))
    if own and is_text(own):
        return Fetched(index, offset, moment, topic, key, own, value)
    id_, value = read_message(topic, value, moment)
    return Fetched(index, offset, moment, topic, key, id_.encode(), value)


@lru_cache(64)
def _moment(appended: bytes) -> int | None:
    """What the header says; the same of all that were appended together."""
    return int(appended) if appended.isdigit() and len(appended) <= MOST_DIGITS else None


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
