"""What users took back: in `events` it is told, and in `interactions` it is not any more.

Which events are taken back is a matter of sets: the order in which they and their retractions are read is
of no matter. But an erasure takes retractions away, and gives back what was said after it at their moments.
"""

import polars as pl

from matinee.events.types import USER_EVENT_TYPES
from matinee.lake.delta import Lake, empty
from matinee.lake.positions import reached
from matinee.log.base import Position
from matinee.stream.steps import PLACE, interactions_of, retractions_of, without

_WHAT = ("user", "movie", "at")
_TOLD = (*_WHAT, "type", "value", *PLACE, "appended")
NONE = retractions_of(empty("events"))
"""Of what is taken back the columns user, movie and at; of the retraction partition, offset and appended."""


class Retractions:
    """All retractions in a lake that no erasure reaches, and what they do to its `interactions`."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self.known = NONE
        self._is_news = False
        self._cut_off = Position()

    def read(self) -> None:
        """Know what the lake has."""
        told = self._lake.scan("events").filter(pl.col("type") == "retract").select(_TOLD)
        self.known = retractions_of(self._lake.collect(told))
        self._is_news = True
        self._cut_off = self._lake.committed("interactions")

    def apply(self, new: pl.DataFrame, reach: pl.DataFrame, position: Position) -> pl.DataFrame:
        """Have `interactions` without what a batch's `new` retractions are of; return all that stand.

        `reach` is that of the batch's erasures. What only retractions that it reaches were of comes back:
        this must be before these are deleted. After a look at the lake all retractions are applied, since
        another stream may have added what it did not know to be taken back. A repeat changes nothing.

        `position` is where `events` will be with the batch. Interactions beyond are of a batch that was cut
        off, which knew of erasures still to be read again: this decides of them when it comes to them.
        """
        left = without(self.known, reach, pl.col("user"))
        standing = pl.concat([left, new])
        if left.height < self.known.height:
            self._give_back(self.known.join(left, on=PLACE, how="anti"), standing, reach)
        due = standing if self._is_news else new
        if not due.is_empty():
            there = self._lake.scan("interactions").select(*_WHAT, *PLACE)
            least, most = due["at"].min(), due["at"].max()
            within = there.filter(pl.col("at").is_between(pl.lit(least), pl.lit(most)))
            found = self._lake.collect(within.join(due.lazy(), on=_WHAT, how="semi")).to_arrow()
            if (taken_back := found.filter(reached(found, position))).num_rows:
                self._lake.delete_all("interactions", taken_back)
        return standing

    def take(self, standing: pl.DataFrame, position: Position) -> None:
        """Know that a batch was committed up to `position`, after which these stand."""
        self.known = standing.rechunk()
        self._is_news = self._is_news and not position.reaches(self._cut_off)

    def _give_back(self, gone: pl.DataFrame, standing: pl.DataFrame, reach: pl.DataFrame) -> None:
        said = self._lake.scan("events").filter(pl.col("type").is_in(USER_EVENT_TYPES)).select(_TOLD)
        found = self._lake.collect(said.join(gone.lazy(), on=_WHAT, how="semi"))
        back = without(found, reach, pl.col("user")).join(standing, on=_WHAT, how="anti")
        if back.height:
            self._lake.restore("interactions", interactions_of(back))
