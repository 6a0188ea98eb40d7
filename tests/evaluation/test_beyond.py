"""What lists are like, against values worked out by hand."""

import numpy as np
import pytest

from matinee.evaluation.beyond import Catalogue, K, Shown, beyond, catalogue, gini
from matinee.evaluation.metrics import Figure
from matinee.events.types import Facts
from matinee.models.dataset import interactions
from tests.training import worlds

FACTS = {
    "a": Facts(genres=("Drama",)),
    "b": Facts(genres=("Drama", "Comedy")),
    "c": Facts(genres=("Comedy",)),
    "d": Facts(),
}
GIVEN = interactions(
    worlds.events(("u", "a", 1, 0), ("u", "b", 1, 1), ("v", "a", 1, 0), ("v", "a", 1, 2)),
    ("a", "b", "c", "d"),
)
OF = catalogue(GIVEN, GIVEN.movies, FACTS)


def lists(*movies: list[int], tastes: list[list[float]] | None = None) -> Shown:
    padded = np.full((len(movies), K), -1, np.int32)
    for row, columns in zip(padded, movies, strict=True):
        row[: len(columns)] = columns
    users = np.arange(len(movies), dtype=np.int32)
    return Shown(users, padded, np.array(tastes or [[0, 0]] * len(movies), np.float32))


def value(found, name: str) -> float:
    each = found[f"{name}@{K}"]
    return each.value if isinstance(each, Figure) else each


def test_the_catalogue_counts_users_once_and_shares_genres_out():
    assert OF.shares.tolist() == [1, 0.5, 0, 0]
    assert OF.least == 0.5
    assert OF.genres.tolist() == [[0, 1], [0.5, 0.5], [1, 0], [0, 0]]  # Comedy, Drama


def test_novelty_and_popularity_are_of_the_users_of_the_training():
    found = beyond(lists([0, 1], [2]), OF)
    assert np.isclose(value(found, "novelty"), ((0 + 1) / 2 + 1) / 2)  # nobody's counts as one user's
    assert np.isclose(value(found, "popularity"), (0.75 + 0) / 2)


def test_coverage_and_gini_are_of_all_lists_together():
    found = beyond(lists([0, 1], [0]), OF)
    assert value(found, "coverage") == 0.5
    assert np.isclose(value(found, "Gini"), gini(np.array([2, 1, 0, 0])))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [([3, 3, 3], 0), ([0, 0, 9], 2 / 3), ([1, 3], 0.25), ([0, 0], 0), ([2, 1, 0, 0], 7 / 12)],
)
def test_gini(shown, expected):
    assert np.isclose(gini(np.array(shown)), expected)


def test_diversity_is_the_mean_distance_of_the_pairs():
    # a-b share one of two genres, a-c none of two, b-c one of two
    assert np.isclose(value(beyond(lists([0, 1, 2]), OF), "diversity"), (0.5 + 1 + 0.5) / 3)
    assert np.isclose(value(beyond(lists([0, 3]), OF), "diversity"), 1)


def test_calibration_is_the_divergence_of_the_list_from_the_history():
    found = beyond(lists([0], [1], [2], tastes=[[0, 2], [1, 1], [0, 1]]), OF)
    # as the history; as the history; only Comedy for a lover of Drama: ln(1 / .01)
    assert np.isclose(value(found, "calibration"), np.log(100) / 3)


def test_a_genre_that_the_list_lacks_costs_by_its_share():
    p, q = np.array([0.5, 0.5]), np.array([0.0, 1.0])
    expected = np.sum(p * np.log(p / (0.99 * q + 0.01 * p)))
    assert np.isclose(value(beyond(lists([0], tastes=[[1, 1]]), OF), "calibration"), expected)


def test_what_does_not_apply_is_left_out():
    found = beyond(lists([0]), OF)
    assert f"calibration@{K}" not in found
    assert f"diversity@{K}" not in found
    assert value(found, "novelty") == 0


def test_lists_in_many_blocks_are_as_those_in_one():
    few = beyond(lists([0, 1], [1, 2]), OF)
    many = beyond(lists(*[[0, 1], [1, 2]] * 5000), OF)
    assert {name: value(many, name.removesuffix(f"@{K}")) for name in many} == pytest.approx(
        {name: value(few, name.removesuffix(f"@{K}")) for name in few}
    )


def test_a_catalogue_without_genres_has_figures_too():
    of = Catalogue(OF.shares, OF.least, np.zeros((4, 0), np.float32))
    shown = Shown(np.zeros(1, np.int32), lists([0, 1]).movies, np.zeros((1, 0), np.float32))
    assert value(beyond(shown, of), "diversity") == 1
