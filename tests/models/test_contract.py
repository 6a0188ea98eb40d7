"""Every model keeps the contract."""

from tests.models import worlds
from tests.models.contract import ModelContract, PullContract


class TestPopular(ModelContract):
    make = staticmethod(worlds.popular)


class TestIals(ModelContract):  # by its objective a dislike alone gives nothing; see test_ials
    make = staticmethod(worlds.ials)


class TestScaledIals(ModelContract):
    make = staticmethod(worlds.scaled_ials)


class TestSequence(PullContract):
    make = staticmethod(worlds.sequence)


class TestAutoencoder(PullContract):
    make = staticmethod(worlds.autoencoder)


class TestContent(PullContract):
    make = staticmethod(worlds.content)


class TestBlend(PullContract):
    make = staticmethod(worlds.blend)

    def restored(self):
        return type(self.model).restored(self.model.arrays(), self.model.settings(), self.model.movies)
