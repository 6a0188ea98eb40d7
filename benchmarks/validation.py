"""What choices are made by: the validation of the protocol `live`, with the blend of `matinee train`.

Ratings have the strength of their stars. Nothing after the cut of the test is touched, so what is chosen
here can be measured there without having been chosen by it.
"""

from functools import cached_property
from pathlib import Path

from matinee.evaluation.data import read_movielens
from matinee.evaluation.protocols.live import LiveOptions
from matinee.evaluation.splits import targets, thinned, time_split
from matinee.evaluation.walk import Flags
from matinee.models.base import Interactions
from matinee.models.blend import Blend
from matinee.models.dataset import interactions
from matinee.progress import silent
from matinee.training.trainer import TrainOptions, trained


class Validation:
    """The data at `path` (a MovieLens), cut in two at `cut`, in UTC microseconds."""

    def __init__(self, path: Path) -> None:
        data, options = read_movielens(path, signed=True), LiveOptions()
        self._parted = time_split(data.events, "validation", options.n_core, options.times)
        self.name = path.stem
        self.cut = self._parted.cut
        self.catalogue = data.facts

    @cached_property
    def blend(self) -> Blend:
        """The blend of the events up to the cut, its weights chosen by the last of those."""
        return trained(self._parted.before, self.catalogue, TrainOptions(), silent)[0]

    @cached_property
    def whole(self) -> Interactions:
        """All events of the validation, over the columns of the blend."""
        return interactions(self._parted.events, self.blend.movies)

    def targets(self, most: int) -> Flags:
        """At most so many of its targets, evenly spread."""
        return thinned(targets(self.whole, self.cut, self._parted.known), most)
