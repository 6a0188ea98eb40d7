"""The partitions of several topics in one row, so that one position says how far each has been read.

Place `index` of a position is of partition `index // 5` of the topic `index % 5` of `NAMES`, and holds the
offset of the next message there: an entry's offset is its message's plus 1, and 0 is nothing read. More
partitions make the row longer, and leave the places of those that there were.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from matinee.errors import SettingError
from matinee.log.base import Position
from matinee.urls import mask, parted

NAMES = ("movie-stream", "movie-likes", "movie-reviews", "movielens_ratings", "movies")
"""The topics, in the order that positions are made of. Never changed: the lake keeps positions."""
ID, APPENDED = "id", "appended"
"""The headers of a message: the event's id; when it was appended, UTC microseconds in ASCII digits."""
MOST_DIGITS = 16
"""Of the latter: until the year 2286; what has more, or no digits, is as if it had none."""
PARTITIONS = 3
"""Of each topic, where the URL says nothing else."""
WINDOW = 2**15
"""Within so many messages of its partition an id is known again, where the URL says nothing else."""
DAYS = 7
"""For so many days what users did is kept, where the URL says nothing else."""


class Part(NamedTuple):
    """One partition of one topic, the topic without its prefix."""

    topic: str
    number: int


def index_of(part: Part) -> int:
    """The place of `part` in a position; also what entries out of it have as their `partition`."""
    return part.number * len(NAMES) + NAMES.index(part.topic)


def part_of(index: int) -> Part:
    """The partition at this place of a position."""
    return Part(NAMES[index % len(NAMES)], index // len(NAMES))


def next_offsets(position: Position, partitions: int) -> dict[Part, int]:
    """Of each of `partitions` partitions of each topic, the offset of the message to be read next."""
    padded = (*position, *(0,) * (partitions * len(NAMES) - len(position)))
    return {part_of(index): offset for index, offset in enumerate(padded)}


def position_of(offsets: Mapping[Part, int]) -> Position:
    """The position at which these messages are the next ones; what is not named has not been read."""
    return position_at({index_of(part): offset for part, offset in offsets.items()})


def position_at(places: Mapping[int, int]) -> Position:
    """The position with these offsets at these places of it, as short as it can be."""
    last = max((index for index, offset in places.items() if offset), default=-1)
    return Position(places.get(index, 0) for index in range(last + 1))


_OBJECTS = {"default.topic.config", "logger", "on_commit", "on_delivery"}
"""Settings of the Python client that are no text, besides its callbacks."""


@dataclass(frozen=True)
class KafkaPlace:
    """What `kafka://[USER:PASSWORD@]HOST:PORT[,HOST:PORT]/PREFIX?partitions=3&security.protocol=…` names.

    A PREFIX stands before each topic's name, with a dot. `partitions` and `days` are those of topics that
    are made. `client` has the settings of the client in librdkafka's words, as the query gives them; user
    and password are its `sasl.username` and `sasl.password`.
    """

    servers: str
    prefix: str = ""
    partitions: int = PARTITIONS
    window: int = WINDOW
    days: int = DAYS
    gaps: bool = False
    """Whether reading goes on over messages that the broker removed before they were read: `gaps=accept`."""
    client: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, url: str) -> "KafkaPlace":
        """Read `url`. Raises SettingError, which tells no password."""
        parts = parted(url)
        login, _, servers = parts.netloc.rpartition("@")
        client = dict(parse_qsl(parts.query))
        if parts.scheme != "kafka" or not all(map(_is_server, servers.split(","))):
            raise SettingError(f"{mask(url)} names no broker; write kafka://HOST:PORT[,HOST:PORT]")
        partitions = _number(url, client, "partitions", PARTITIONS, 800)
        objects = [name for name in client if name in _OBJECTS or name.endswith("_cb")]
        if objects:
            raise SettingError(f"{mask(url)}: {objects[0]} is nothing that a URL can say; leave it out")
        window = _number(url, client, "window", WINDOW, 10**9)
        days = _number(url, client, "days", DAYS, 10_000)
        gaps = client.pop("gaps", "refuse")
        if gaps not in ("refuse", "accept"):
            raise SettingError(f"{mask(url)}: gaps must be refuse or accept, got {gaps}")
        if login:
            user, _, password = login.partition(":")
            client |= {"sasl.username": unquote(user), "sasl.password": unquote(password)}
        prefix = unquote(parts.path.strip("/"))
        if prefix.endswith("."):
            raise SettingError(f"{mask(url)}: write the prefix without its dot, which is set behind it")
        return cls(servers, prefix, partitions, window, days, gaps == "accept", client)

    def topic(self, name: str) -> str:
        """What the broker calls the topic `name`."""
        return f"{self.prefix}.{name}" if self.prefix else name

    @property
    def topics(self) -> list[str]:
        """What the broker calls each of `NAMES`."""
        return [self.topic(name) for name in NAMES]


def _is_server(server: str) -> bool:
    host, _, port = server.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65536


def _number(url: str, client: dict[str, str], name: str, default: int, most: int) -> int:
    """Take the number `name` out of the query."""
    text = client.pop(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
        raise SettingError(f"{mask(url)}: {name} must be from 1 to {most:,}, got {text}")
    return int(text)
