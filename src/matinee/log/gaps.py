"""What a reader of Kafka is told where Kafka no longer has what the reader has not read."""

from collections.abc import Mapping

from matinee.errors import LogError
from matinee.log.partitions import KafkaPlace, Part

Offsets = Mapping[Part, int]


def checked(place: KafkaPlace, asked: Offsets, ends: tuple[Offsets, Offsets]) -> dict[Part, int]:
    """Of each partition there is, the message to begin with: that of `asked`, what Kafka has still to give.

    `ends` are the first message of each partition, and the next one to come. Raises LogError where Kafka
    lost what is asked for, unless `place` accepts gaps, or lost its end.
    """
    first, last = ends
    check_end(place, asked, last)
    lost = [part for part, offset in first.items() if 0 < asked.get(part, 0) < offset]
    if lost and not place.gaps:
        raise gap(place, {part: f"{asked[part]} to {first[part] - 1}" for part in lost})
    return {part: max(offset, asked.get(part, 0)) for part, offset in first.items()}


def check_end(place: KafkaPlace, asked: Offsets, last: Offsets) -> None:
    """Raise LogError where Kafka, whose next messages are `last`, ends before what is asked for."""
    for part, offset in asked.items():
        if offset > last.get(part, 0):
            raise LogError(
                f"Kafka at {place.servers} ends at offset {last.get(part, 0)} of {_told(place, part)}, "
                f"before {offset}, up to where it was read: it lost its end, or is another one. Restore it, "
                "or start its readers anew: a lake that is moved away is built from what Kafka has"
            )


def gap(place: KafkaPlace, lost: Mapping[Part, str]) -> LogError:
    """The error that says which offsets of which partitions are lost."""
    told = ", ".join(f"{offsets} of {_told(place, part)}" for part, offsets in lost.items())
    return LogError(
        f"Kafka at {place.servers} no longer has offsets {told}: they were removed before they were read. "
        "Keep more days (days=); send again what is elsewhere; and to go on without the rest add "
        "gaps=accept to the URL for one start"
    )


def _told(place: KafkaPlace, part: Part) -> str:
    return f"{place.topic(part.topic)}/{part.number}"
