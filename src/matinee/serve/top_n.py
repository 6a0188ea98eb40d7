"""The Top-N of every user at once, for stores and tables."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyarrow as pa
from threadpoolctl import threadpool_limits

from matinee.lake.delta import Lake
from matinee.lake.tables import SCHEMAS
from matinee.log.base import Log
from matinee.progress import Progress
from matinee.serve.follower import catch_up
from matinee.serve.lists import ListQuery, Pick
from matinee.serve.live import LiveState
from matinee.serve.recommender import Recommender
from matinee.stores.recommendations.base import Recommendations, Recommended, TopN

LIST_LENGTH = 20
_TASK = 100
"""So many users are one task of a thread."""


def store_lists(
    recommender: Recommender,
    log: Log,
    lake: Lake,
    recommendations: Recommendations,
    progress: Progress,
) -> None:
    """Put the list of every user into the store and the lake, and of none who is erased meanwhile."""
    begun = dict(recommender.live.users)
    lists = top_n(recommender, LIST_LENGTH, progress)
    recommendations.put(lists)
    lake.overwrite("recommendations", _table(lists, datetime.now(UTC)))
    catch_up(log, recommender.live)
    erased = [user for user, past in begun.items() if recommender.live.users.get(user) is not past]
    for user in erased:  # perhaps to come back as someone new
        recommendations.erase(user)
        lake.delete("recommendations", {"user": user})
    if erased:
        lake.wipe("recommendations")


def top_n(recommender: Recommender, n: int, progress: Progress) -> list[TopN]:
    """The list of every user of the live state, as the API would give it now; on all cores."""
    users = sorted(recommender.settled().live.users)
    query, lists = ListQuery(n), []

    def listed(some: Sequence[str]) -> list[TopN]:
        return [_top(recommender, user, query) for user in some]

    tasks = [users[start : start + _TASK] for start in range(0, len(users), _TASK)]
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for made in pool.map(listed, tasks):
                lists += made
                progress("listing for every user", len(lists), len(users))
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C does not wait for everybody's lists
    return lists


def _top(recommender: Recommender, user: str, query: ListQuery) -> TopN:
    picks = recommender.list_once(user, query).picks
    return TopN(user, recommender.version, [_place(recommender.live, pick) for pick in picks])


def _place(live: LiveState, pick: Pick) -> Recommended:
    facts = live.facts_of(pick.movie)
    return Recommended(pick.movie, pick.score, (facts and facts.title) or "", (facts and facts.genres) or ())


def _table(lists: list[TopN], at: datetime) -> pa.Table:
    """The lists as rows of the lake's `recommendations` table."""
    rows = [
        (each.user, rank, place.movie, place.score, place.title, list(place.genres), each.model, at)
        for each in lists
        for rank, place in enumerate(each.movies, 1)
    ]
    names = SCHEMAS["recommendations"].names
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return pa.table(columns, SCHEMAS["recommendations"])
