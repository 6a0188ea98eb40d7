"""What explicit ALS makes of later ratings."""

from datetime import timedelta

import numpy as np
import polars as pl

from matinee.models.mllib import ExplicitOptions
from matinee.training.stars import star_figures
from tests.spark import spark
from tests.training import worlds

OPTIONS = ExplicitOptions(factors=4, iterations=5)


def rated(n_users: int = 40, n_movies: int = 20) -> pl.DataFrame:
    """Strict and mild people rate better and worse movies, one rating an hour."""
    random = np.random.default_rng(0)
    users, movies = np.divmod(random.permutation(n_users * n_movies), n_movies)
    stars = np.clip(
        3 + random.normal(0, 0.8, n_users)[users] + random.normal(0, 0.8, n_movies)[movies], 0.5, 5
    )
    return pl.DataFrame(
        {
            "user": [f"u{user}" for user in users],
            "movie": [f"m{movie}" for movie in movies],
            "type": "rating",
            "value": stars,
            "at": [worlds.START + timedelta(hours=hour) for hour in range(len(users))],
        }
    )


def test_later_ratings_are_foreseen_by_earlier_ones_and_the_unknown_are_dropped():
    spark()
    events = rated()
    late = pl.col("at") > events["at"][-20]
    strange = events.with_columns(user=pl.when(late).then(pl.lit("new") + pl.col("user")).otherwise("user"))
    views = events.with_columns(type=pl.lit("view"), value=pl.lit(0.1))
    found = star_figures(pl.concat([strange, views]), OPTIONS, 0.1)
    assert found is not None
    assert (found.targets, found.dropped) == (61, 19)
    assert found.mae.value <= found.rmse.value < 0.5 * events["value"].to_numpy().std()
    assert found.rmse.error > 0


def test_where_nobody_is_known_there_are_no_figures():
    spark()
    events = rated()
    late = pl.col("at") > events["at"][-81]
    strange = events.with_columns(user=pl.when(late).then(pl.lit("new") + pl.col("user")).otherwise("user"))
    assert star_figures(strange, OPTIONS, 0.1) is None


def test_too_few_ratings_have_no_figures():
    events = rated()
    assert star_figures(events.clear(), OPTIONS, 0.1) is None
    assert star_figures(events.head(1), OPTIONS, 0.1) is None
    assert star_figures(events.with_columns(at=events["at"][0]), OPTIONS, 0.1) is None
    assert star_figures(events.with_columns(type=pl.lit("view")), OPTIONS, 0.1) is None
