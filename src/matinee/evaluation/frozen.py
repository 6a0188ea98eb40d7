"""A model as where nothing is folded in: users stay as they were at the last event of the training."""

from typing import Any

from matinee.evaluation.walk import Scorer
from matinee.models.base import Floats, Folded, History, Interactions
from matinee.models.dataset import NOTHING, only
from matinee.models.popular import Popular, PopularOptions


class Frozen:
    """`model`, told only of events up to the last one of `given`, which it was fitted on.

    Who had none by then gets what is popular. What was seen since is masked all the same: that much is
    given to a nightly batch.
    """

    def __init__(self, model: Scorer, given: Interactions) -> None:
        self._model = model
        self._until = int(given.at.max())
        self._popular = Popular.fit(given, PopularOptions(half_life_days=float("inf"), stages=0))

    def state(self, history: History) -> Any:
        """The state after the early events; None when there are none."""
        early = history.at <= self._until
        return self._model.state(only(history, early)) if early.any() else None

    def fold_in(self, state: Any, event: Folded) -> Any:
        """The state, changed by an early event only."""
        if event.at > self._until:
            return state
        return self._model.fold_in(self._model.state(NOTHING) if state is None else state, event)

    def scores(self, state: Any, at: int | None = None) -> Floats:
        """The scores of the model, or the popularity."""
        return self._popular.scores(0) if state is None else self._model.scores(state, at)
