"""Every model keeps the contract."""

from tests.models import worlds
from tests.models.contract import ModelContract


class TestPopular(ModelContract):
    make = staticmethod(worlds.popular)
    pulls = False


class TestIals(ModelContract):
    make = staticmethod(worlds.ials)
    pulls = False  # by its objective a dislike alone gives nothing; see test_ials


class TestSequence(ModelContract):
    make = staticmethod(worlds.sequence)


class TestAutoencoder(ModelContract):
    make = staticmethod(worlds.autoencoder)


class TestContent(ModelContract):
    make = staticmethod(worlds.content)


class TestBlend(ModelContract):
    make = staticmethod(worlds.blend)

    def restored(self):
        return type(self.model).restored(self.model.arrays(), self.model.settings(), self.model.movies)
