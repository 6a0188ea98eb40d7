"""Content: a movie has its place by its facts alone."""

import numpy as np

from matinee.events.types import Facts
from matinee.models.content import Content, ContentOptions
from tests.models import worlds
from tests.models.contract import fitted


def test_a_new_movie_gets_the_vector_that_its_facts_give_without_refitting():
    model = fitted(worlds.content)
    joined = model.with_movies([("a", worlds.facts(4)), ("b", Facts(title="Western", genres=("western",)))])
    assert np.allclose(joined.vectors[-2], model.vectors[4], atol=1e-6)
    assert np.argmax(joined.similar(worlds.N_MOVIES + 1)[: worlds.N_MOVIES]) % worlds.N_GENRES == 0
    assert np.array_equal(joined.vectors[: worlds.N_MOVIES], model.vectors)


def test_likeness_follows_the_facts():
    similar = fitted(worlds.content).similar(3)
    kind = np.arange(worlds.N_MOVIES) % worlds.N_GENRES == 0
    assert similar[kind].min() > similar[~kind].max()
    assert np.isclose(similar[3], 1)


def test_movies_without_facts_are_like_nothing():
    model = fitted(worlds.content).with_movies([("new", Facts())])
    assert not model.similar(worlds.N_MOVIES).any()


def test_nothing_known_at_all_can_be_fitted():
    for n in (0, 1, 3):
        model = Content.fit([Facts()] * n)
        state = model.state(worlds.history())
        assert model.scores(state).tolist() == [0] * n
        assert Content.restored(model.arrays(), model.settings()).vectors.shape == model.vectors.shape


def test_a_large_catalogue_goes_through_the_truncated_svd_alike_every_time():
    rng = np.random.default_rng(0)
    words = [f"{one}{other}" for one in "abcdefghijklmnopqrst" for other in "abcdefghijklmnopqrst"]
    facts = [Facts(title="x", overview=" ".join(rng.choice(words, 30))) for _ in range(400)]
    first, again = (Content.fit(facts, ContentOptions(dimensions=8)) for _ in range(2))
    assert first.vectors.shape == (400, 8)
    assert np.array_equal(first.vectors, again.vectors)
