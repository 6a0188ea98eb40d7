"""Small worlds to fit models on: users with a taste, sequences with an order."""

import numpy as np

from matinee.events.types import Facts
from matinee.models.autoencoder import Autoencoder, AutoencoderOptions
from matinee.models.base import Floats, Folded, History, Interactions
from matinee.models.blend import Blend, Parts
from matinee.models.content import Content, ContentOptions
from matinee.models.ials import Ials, IalsOptions
from matinee.models.popular import Popular
from matinee.models.sequence import SequenceModel, SequenceOptions

N_MOVIES = 24
N_GENRES = 3
FACTORS = 8


def world(n_users: int = 60, seed: int = 1) -> Interactions:
    """Each user likes the movies of one genre (column % 3), in order of column, and dislikes some others."""
    rng = np.random.default_rng(seed)
    users, columns, strengths = [], [], []
    for user in range(n_users):
        own = np.flatnonzero(np.arange(N_MOVIES) % N_GENRES == user % N_GENRES)
        liked = np.sort(rng.choice(own, rng.integers(3, len(own) + 1), replace=False))
        others = rng.choice(np.setdiff1d(np.arange(N_MOVIES), own), 2, replace=False)
        chosen = np.concatenate([liked, others])
        users += [user] * len(chosen)
        columns += chosen.tolist()
        strengths += [*rng.uniform(0.4, 1, len(liked)), *rng.uniform(-1, -0.2, 2)]
    n = len(users)
    return Interactions(
        users=np.array(users, np.int32),
        columns=np.array(columns, np.int32),
        strengths=np.array(strengths, np.float32),
        at=np.arange(n, dtype=np.int64) * 1_000_000,
        movies=tuple(f"m{column:02}" for column in range(N_MOVIES)),
        n_users=n_users,
    )


def facts(column: int) -> Facts:
    genre = ("Western", "Horror", "Musical")[column % N_GENRES]
    words = ("ranch horse dust", "ghost cellar scream", "song stage dance")[column % N_GENRES]
    return Facts(title=f"{genre} night", genres=(genre,), overview=words, year=1950 + 10 * (column % 2))


def popular() -> Popular:
    return Popular.fit(world())


def ials() -> Ials:
    return Ials.fit(world(), IalsOptions(factors=FACTORS))


def scaled_ials() -> Ials:
    """Its factors as if they were fitted with a lambda for every like."""
    options = IalsOptions(factors=FACTORS, regularization=0.3)
    return Ials(options, ials().arrays()["factors"], scaled=True)


def sequence() -> SequenceModel:
    return SequenceModel.fit(world(), SequenceOptions(ridge=25, min_support=1))


def autoencoder() -> Autoencoder:
    return Autoencoder.fit(world(), AutoencoderOptions(ridge=10))


def content() -> Content:
    return Content.fit([facts(column) for column in range(N_MOVIES)], ContentOptions(dimensions=FACTORS))


def blend() -> Blend:
    return Blend(world().movies, Parts(popular(), ials(), sequence(), content(), autoencoder()))


def history(*events: tuple[int, float]) -> History:
    """Events of (column, strength), one a second."""
    columns = np.array([column for column, _ in events], np.int32)
    strengths = np.array([strength for _, strength in events], np.float32)
    return History(columns, strengths, np.arange(len(events), dtype=np.int64) * 1_000_000)


def folded(model, given: History):
    """The state of `given`, one event at a time."""
    state = model.state(history())
    for column, strength, at in zip(*(array.tolist() for array in given), strict=True):
        state = model.fold_in(state, Folded(column, strength, at))
    return state


def close(one: Floats, other: Floats, relative: float = 1e-5, terms: Floats | None = None) -> bool:
    """Whether two vectors agree, relative to the largest of their entries, or of the sums of `terms`.

    Rounding is relative to what is added up, of any sign, and not to what is left of it.
    """
    sums = np.abs(other) if terms is None else np.abs(terms).sum(axis=0)
    return bool(np.abs(one - other).max(initial=0) <= relative * max(1e-3, sums.max(initial=0)))
