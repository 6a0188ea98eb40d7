"""Events for the benchmarks to send: each with a random id of the client's choosing, encoded beforehand."""

import random
import uuid
from collections.abc import Iterator, Sequence

import msgspec

_encode = msgspec.json.Encoder().encode


def like(user: str, movie: str) -> bytes:
    """A like, encoded."""
    return _encode({"id": str(uuid.uuid4()), "type": "like", "user": user, "movie": movie})


def mixed(users: Sequence[str], movies: Sequence[str], seed: int) -> Iterator[dict[str, object]]:
    """Endless events of random users on random movies: six in ten views, two likes, two ratings."""
    random_ = random.Random(seed)
    at = 1_700_000_000_000
    while True:
        at += random_.randrange(100)
        type_ = random_.choices(("view", "like", "rating"), (6, 2, 2))[0]
        event = {
            "id": str(uuid.UUID(int=random_.getrandbits(128), version=4)),
            "type": type_,
            "user": random_.choice(users),
            "movie": random_.choice(movies),
            "at": at,
        }
        if type_ == "view":
            event["value"] = round(random_.random(), 2)
        elif type_ == "rating":
            event["value"] = random_.randint(1, 10) / 2
        yield event
