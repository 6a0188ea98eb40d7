"""The Top-N of every user at once, for stores and tables."""

from datetime import datetime

import pyarrow as pa

from matinee.lake.tables import SCHEMAS
from matinee.progress import Progress
from matinee.serve.lists import ListQuery
from matinee.serve.live import LiveState
from matinee.serve.recommender import Recommender
from matinee.stores.recommendations.base import Recommended, TopN

LIST_LENGTH = 20


def top_n(recommender: Recommender, n: int, progress: Progress) -> list[TopN]:
    """The list of every user of the live state, as the API would give it now."""
    users = sorted(recommender.live.users)
    lists = []
    for done, user in enumerate(users):
        picks = recommender.recommend(user, ListQuery(n)).picks
        places = [_place(recommender.live, pick.movie, pick.score) for pick in picks]
        lists.append(TopN(user, recommender.version, places))
        if done % 100 == 0:
            progress("listing for every user", done, len(users))
    return lists


def _place(live: LiveState, movie: str, score: float) -> Recommended:
    facts = live.facts_of(movie)
    return Recommended(movie, score, (facts and facts.title) or "", (facts and facts.genres) or ())


def lists_table(lists: list[TopN], at: datetime) -> pa.Table:
    """The lists as rows of the lake's `recommendations` table."""
    rows = [
        (each.user, rank, place.movie, place.score, place.title, list(place.genres), each.model, at)
        for each in lists
        for rank, place in enumerate(each.movies, 1)
    ]
    names = SCHEMAS["recommendations"].names
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return pa.table(columns, SCHEMAS["recommendations"])
