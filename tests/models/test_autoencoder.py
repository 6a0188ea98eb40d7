"""The autoencoder: its equations, and EDLAE as the special case without our additions."""

import numpy as np

from matinee.evaluation.rivals.linear import EdlaeOptions, edlae
from matinee.models.autoencoder import Autoencoder, AutoencoderOptions
from matinee.models.base import Interactions
from tests.models import worlds

PLAIN = AutoencoderOptions(dropout=0.5, ridge=20.0, evenness=0, near=float("inf"), discount=0)


def likes() -> Interactions:
    given = worlds.world()
    liked = given.strengths > 0
    ones = np.ones(np.count_nonzero(liked), np.float32)
    return given._replace(
        users=given.users[liked], columns=given.columns[liked], strengths=ones, at=given.at[liked]
    )


def scores(model, *events):
    return model.scores(model.state(worlds.history(*events)))


def test_without_our_additions_it_is_edlae():
    rival = edlae(likes(), {}, EdlaeOptions(dropout=0.5, ridge=20.0))
    own = Autoencoder.fit(likes(), PLAIN)
    for events in (((3, 1.0),), ((0, 1.0), (4, 1.0), (6, 1.0))):
        assert np.allclose(scores(own, *events), scores(rival, *events), atol=1e-4)


def test_the_map_is_that_of_the_written_out_gram_matrix():
    given, options = worlds.world(), AutoencoderOptions(ridge=5.0)
    n, counts = worlds.N_MOVIES, np.bincount(given.users)
    G = np.zeros((n, n))
    for user, count in enumerate(counts):
        own = given.users == user
        columns, strengths, places = given.columns[own], given.strengths[own], np.arange(count)
        near = (1 + np.abs(places[:, None] - places) / options.near) ** -0.5
        G[np.ix_(columns, columns)] += (
            (count / counts.mean()) ** -options.evenness * near * np.outer(strengths, strengths)
        )
    dropped = options.dropout / (1 - options.dropout) * np.diag(G)
    P = np.linalg.inv(G + np.diag(dropped + options.ridge))
    B = np.eye(n) - P / np.diag(P)
    support = np.bincount(given.columns)
    discounts = ((1 + support) / (1 + support.mean())) ** -options.discount
    model = Autoencoder.fit(given, options)
    for column in range(n):
        assert np.allclose(model.similar(column), B[column] * discounts, atol=1e-4)


def test_a_movie_says_nothing_of_itself():
    model = worlds.autoencoder()
    assert all(model.similar(column)[column] == 0 for column in range(worlds.N_MOVIES))


def test_only_the_most_supported_movies_are_in_the_map():
    model = Autoencoder.fit(worlds.world(), AutoencoderOptions(max_movies=10))
    mapped = model.arrays()["columns"]
    assert len(mapped) == 10
    outside = int(np.setdiff1d(np.arange(worlds.N_MOVIES), mapped)[0])
    assert not scores(model, (outside, 1.0)).any()
    assert scores(model, (int(mapped[0]), 1.0))[outside] == 0
