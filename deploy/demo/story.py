"""A like that is sent to one replica, and the next list of both."""

import time
from typing import Any, NamedTuple

from deploy.demo.errors import DemoError
from matinee.demo import Moved, Story

_TIMES = 5
"""A list may differ while a moment passes by which scores are told, such as the first second after a like."""


class Told(NamedTuple):
    """A like, by whom; the list before and after it; the milliseconds until each replica had the latter.

    Those of `moved` are of the replica that took it.
    """

    user: str
    kind: str
    moved: Moved
    other_milliseconds: float


class Replicas:
    """Two replicas at these addresses, asked as any client would."""

    def __init__(self, *urls: str) -> None:
        self._stories = [Story(url) for url in urls]

    def like(self, user: str, place: int, at: int) -> Told:
        """The user likes the movie at this place of the list; the replica of number `at` is told so.

        Raises DemoError when the two do not answer the same.
        """
        taking, other = self._stories[at], self._stories[1 - at]
        first = self.agreed(user)
        liked = first["recommendations"][place]
        started = time.perf_counter()
        offset = taking.send_like(user, liked["movie"])
        taking.recommendations(user, after=offset)
        here = (time.perf_counter() - started) * 1000
        other.recommendations(user, after=offset)
        there = (time.perf_counter() - started) * 1000
        after = self.agreed(user, after=offset)["recommendations"]
        if liked["movie"] in [movie["movie"] for movie in after]:
            raise DemoError(f"{liked['title']}, liked by {user}, is in the next list still")
        return Told(user, first["kind"], Moved(first["recommendations"], after, liked, here), there)

    def agreed(self, user: str, **more: Any) -> dict[str, Any]:
        """The list of `user` as both replicas have it."""
        for _ in range(_TIMES):
            one, other = (each.recommendations(user, **more) for each in self._stories)
            if one["recommendations"] == other["recommendations"]:
                return one
        raise DemoError(f"the replicas differ on {user}: {_ids(one)} and {_ids(other)}")

    def close(self) -> None:
        """Close the connections."""
        for story in self._stories:
            story.close()


def _ids(answer: dict[str, Any]) -> list[str]:
    return [movie["movie"] for movie in answer["recommendations"]]
