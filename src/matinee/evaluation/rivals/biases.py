"""Baselines of rating prediction: means, and the biases of users and movies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from matinee.evaluation.contenders import NoOptions
from matinee.evaluation.metrics import Doubles
from matinee.evaluation.protocols.rating import Stars
from matinee.events.types import Facts
from matinee.models.base import Ints
from matinee.models.options import possible


class Biases:
    """r = mu + b_u + b_i."""

    def __init__(self, mean: float, users: Doubles, movies: Doubles) -> None:
        self._mean = mean
        self._users = users
        self._movies = movies

    def predict(self, users: Ints, columns: Ints) -> Doubles:
        """The sums, within the stars that there are."""
        stars: Doubles = np.clip(self._mean + self._users[users] + self._movies[columns], 0.5, 5)
        return stars


@dataclass(frozen=True)
class MovieMeanOptions:
    """How far the mean of few ratings is believed."""

    damping: float = field(default=5.0, metadata=possible(0.001))
    """So many ratings at the mean of all are added to those of a movie."""


@dataclass(frozen=True)
class BiasesOptions:
    """How far the mean of few ratings is believed; the defaults are those of the paper."""

    movie_damping: float = field(default=25.0, metadata=possible(0.001))
    """So many ratings without bias are added to those of a movie."""
    user_damping: float = field(default=10.0, metadata=possible(0.001))
    """So many ratings without bias are added to those of a user."""


def mean(given: Stars, _facts: Mapping[str, Facts], _options: NoOptions) -> Biases:
    """The mean of all ratings, whoever rates what."""
    return Biases(float(given.values.mean()), np.zeros(given.n_users), np.zeros(given.n_movies))


def movie_mean(given: Stars, _facts: Mapping[str, Facts], options: MovieMeanOptions) -> Biases:
    """The mean of a movie's ratings, drawn to that of all where they are few."""
    mu = float(given.values.mean())
    movies = _bias(given.columns, given.values - mu, given.n_movies, options.damping)
    return Biases(mu, np.zeros(given.n_users), movies)


def biases(given: Stars, _facts: Mapping[str, Facts], options: BiasesOptions) -> Biases:
    """Movies first, users by what is left (Koren, TKDD 2010, section 2.1).

    b_i = sum_u (r - mu) / (movie_damping + n_i),    b_u = sum_i (r - mu - b_i) / (user_damping + n_u).
    """
    mu = float(given.values.mean())
    movies = _bias(given.columns, given.values - mu, given.n_movies, options.movie_damping)
    left = given.values - mu - movies[given.columns]
    return Biases(mu, _bias(given.users, left, given.n_users, options.user_damping), movies)


def _bias(of: Ints, rest: Doubles, n: int, damping: float) -> Doubles:
    bias: Doubles = np.bincount(of, rest, n) / np.maximum(damping + np.bincount(of, minlength=n), 1e-12)
    return bias
