"""Train the usual service's model: `python -m benchmarks.rivals.train MOVIELENS FOLDER`.

Implicit ALS over every rating, the stars as confidence, with settings as one finds them recommended;
saved as is usual: one pickle.
"""

import pickle
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from benchmarks import movielens

FILE = "model.pkl"


class Trained(NamedTuple):
    """What the service loads. `user_items` has users in rows, movies in columns, stars as values."""

    model: Any
    user_items: Any
    users: list[str]
    movies: list[str]
    titles: list[str]
    seconds: float
    """What the fit took."""


def train(source: Path) -> Trained:
    """Fit on every rating of the MovieLens set at `source`."""
    ratings, movies = movielens.read(source)
    users = ratings["user"].unique().sort().to_list()
    rows = ratings["user"].replace_strict({user: row for row, user in enumerate(users)})
    columns = ratings["movie"].replace_strict({movie: i for i, movie in enumerate(movies["movie"])})
    cells = (ratings["value"].to_numpy().astype(np.float32), (rows.to_numpy(), columns.to_numpy()))
    user_items = sp.csr_matrix(cells, shape=(len(users), len(movies)))
    model = AlternatingLeastSquares(
        factors=64, regularization=0.05, alpha=10.0, iterations=15, random_state=1
    )
    began = time.perf_counter()
    with threadpool_limits(1, "blas"):  # implicit brings its own threads and asks for this
        model.fit(user_items, show_progress=False)
    took = time.perf_counter() - began
    return Trained(model, user_items, users, movies["movie"].to_list(), movies["title"].to_list(), took)


def load(folder: Path) -> Trained:
    """What was trained into `folder`, for a process that computes each request in one thread."""
    trained = Trained(*pickle.loads((folder / FILE).read_bytes()))
    trained.model.num_threads = 1
    return trained


if __name__ == "__main__":
    trained = train(Path(sys.argv[1]))
    (Path(sys.argv[2]) / FILE).write_bytes(pickle.dumps(tuple(trained)))
    print(trained.seconds)
